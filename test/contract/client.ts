import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type { Build, ListResponse, QuotaResponse, StartResponse } from '../../openapi/generated/types.ts';
import { schemaNamed, violationsOf } from '../support/contract-schemas.ts';
import { parseJson, type Received } from './response.ts';
import type { Target } from './target.ts';

export type ApiResponse = Received & { headers: Headers };
export type RequestOptions = {
  method?: string;
  token?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
};

/** Sends an HTTP request and reads the whole response. */
export const send = async (url: string, options: RequestOptions = {}): Promise<ApiResponse> => {
  const { method = 'GET', token, headers = {}, body } = options;
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const init = { method, headers: { ...authorization, ...headers }, ...(body === undefined ? {} : { body }) };
  const response = await fetch(url, init as RequestInit);
  const text = await response.text();
  const request = `${method} ${url}`;
  return { request, status: response.status, headers: response.headers, text, json: parseJson(text) };
};

/** Checks the status of a response, and returns the response. @throws Error that names the request, status and body */
export const expectStatus = <R extends Received>(response: R, status: number): R => {
  const { request, status: received, text } = response;
  if (received !== status) throw new Error(`${request} got ${received} instead of ${status}: ${text.slice(0, 1000)}`);
  return response;
};

/**
 * Checks a value against a schema of openapi.yaml, by the schema's name. The value must have all fields that the service
 * always sends, and no other fields than the documented ones.
 */
export const expectShape = (value: unknown, schema: string): void =>
  expect({ value, errors: violationsOf(value, schemaNamed(schema)) }).toEqual({ value, errors: [] });

/** Checks the status and the code of an error response. A failed check shows the request and the body. */
export const expectCode = ({ request, status, json, text }: Received, expected: number, code: string): void =>
  expect({ request, status, code: json.code, text }).toEqual({ request, status: expected, code, text });

/**
 * Checks that an error response is as documented: its status, code and shape, and a sentence that shows no internals
 * such as paths.
 */
export const expectRefusal = (response: ApiResponse, status: number, code: string): void => {
  expectCode(response, status, code);
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  expectShape(response.json, 'Error');
  const [sentence = ''] = response.json.error as string[];
  expect(sentence).toMatch(/^\S.{10,}[.?]$/s);
  expect(sentence).not.toMatch(/\bat .*:\d+:\d+|node:|\/(tmp|home|work)\/|undefined|\[object/);
};

/**
 * Delay between two checks of a condition, in milliseconds. More checks could reach the gateway's limit of 50 requests
 * per second for a caller.
 */
const pollMs = 100;

/** Repeats a check until it returns a value other than undefined and false, and returns the value. */
export const eventually = async <T>(check: () => Promise<T | undefined | false>): Promise<T> => {
  for (;;) {
    const result = await check();
    if (result !== undefined && result !== false) return result;
    await sleep(pollMs);
  }
};

/**
 * Returns functions that call the API for one tool. Functions that return data throw an Error with the response unless
 * its status is 200.
 */
export const forTool = async (target: Target, tool: string) => {
  const token = await target.tokenFor(tool);
  await target.clear(tool);
  const base = `${target.url}/v1/tool/${tool}`;
  const call = (path: string, options: RequestOptions = {}) => send(`${base}${path}`, { token, ...options });
  const read = async <T>(path: string): Promise<T> => expectStatus(await call(path), 200).json as T;
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    call('/builds', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const start = async (body: unknown, headers: Record<string, string> = {}): Promise<StartResponse['new_build']> => {
    const { json } = expectStatus(await post(body, headers), 200);
    expectShape(json, 'StartResponse');
    return (json as unknown as StartResponse).new_build;
  };
  const get = async (id: string): Promise<Build> => (await read<{ build: Build }>(`/builds/${id}`)).build;
  const list = async (): Promise<Build[]> => (await read<ListResponse>('/builds')).builds;
  /** Returns how much of each quota the tool uses, by the name of the quota item. */
  const used = async (): Promise<Record<string, string>> => {
    const { quota } = await read<QuotaResponse>('/quotas');
    return Object.fromEntries(quota.categories.flatMap(({ items }) => items.map((item) => [item.name, item.used])));
  };
  /** Follows a build's log until the build has finished, and returns the objects of the log. */
  const follow = async (id: string, query = ''): Promise<Record<string, unknown>[]> => {
    const { text } = expectStatus(await call(`/builds/${id}/logs?follow=true&format=ndjson${query}`), 200);
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  };
  const finished = async (id: string): Promise<Build> => {
    await follow(id);
    return get(id);
  };
  /** Waits until a build has finished and its log is archived, and returns the build. */
  const archived = async (id: string): Promise<Build> => {
    await follow(id);
    return eventually(async () => {
      const build = await get(id);
      return build.log !== 'live' && build;
    });
  };
  const cancel = (id: string) => call(`/builds/${id}/cancel`, { method: 'PUT' });
  const remove = (id: string) => call(`/builds/${id}`, { method: 'DELETE' });
  return { tool, token, base, call, post, start, get, list, used, follow, finished, archived, cancel, remove };
};

export type Caller = Awaited<ReturnType<typeof forTool>>;

/**
 * Checks that the functions logged no error: no request of the tests caused an unexpected error, and no event was lost.
 */
export const expectCleanLog = ({ logged }: Target): void => {
  expect(logged.filter(({ severity }) => severity === 'ERROR')).toEqual([]);
};
