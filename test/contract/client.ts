import { expect } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import contract from '../../openapi/generated/openapi.json' with { type: 'json' };
import type { Build, ListResponse, StartResponse } from '../../openapi/generated/types.ts';
import type { Target } from './target.ts';

export type Answer = { status: number; headers: Headers; text: string; json: Record<string, unknown> };
export type Call = { method?: string; token?: string; headers?: Record<string, string>; body?: string | Buffer };

const parse = (text: string): Record<string, unknown> => {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
};

export const send = async (url: string, { method = 'GET', token, headers = {}, body }: Call = {}): Promise<Answer> => {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const init = { method, headers: { ...authorization, ...headers }, ...(body === undefined ? {} : { body }) };
  const response = await fetch(url, init as RequestInit);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parse(text) };
};

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addSchema(contract, 'contract');

/** Holds an answer against the contract's schema of that name. */
export const expectShape = (value: unknown, schema: string): void => {
  const validate = ajv.getSchema(`contract#/components/schemas/${schema}`);
  if (!validate) throw new Error(`the contract has no schema ${schema}`);
  validate(value);
  expect(validate.errors ?? []).toEqual([]);
};

/** A refusal: a status below 500, the code, and a sentence that somebody can act on. */
export const expectRefusal = (answer: Answer, status: number, code: string): void => {
  expect({ status: answer.status, code: answer.json.code, text: answer.text }).toEqual({
    status,
    code,
    text: answer.text,
  });
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expectShape(answer.json, 'Error');
  const [sentence = ''] = answer.json.error as string[];
  expect(sentence).toMatch(/^\S.{10,}[.?]$/s);
  expect(sentence).not.toMatch(/\bat .*:\d+:\d+|node:|\/(tmp|home|work)\/|undefined|\[object/);
};

export const forTool = async (target: Target, tool: string) => {
  const token = await target.tokenFor(tool);
  await target.clear(tool);
  const base = `${target.url}/v1/tool/${tool}`;
  const call = (path: string, options: Call = {}) => send(`${base}${path}`, { token, ...options });
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    call('/builds', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const start = async (body: unknown, headers: Record<string, string> = {}): Promise<StartResponse['new_build']> => {
    const answer = await post(body, headers);
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 200, text: answer.text });
    expectShape(answer.json, 'StartResponse');
    return (answer.json as unknown as StartResponse).new_build;
  };
  const get = async (id: string): Promise<Build> => (await call(`/builds/${id}`)).json.build as Build;
  const list = async (): Promise<Build[]> => ((await call('/builds')).json as unknown as ListResponse).builds;
  /** Follows the log to its end, which is the build's. */
  const follow = async (id: string, query = ''): Promise<Record<string, unknown>[]> => {
    const { text } = await call(`/builds/${id}/logs?follow=true&format=ndjson${query}`);
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  };
  const finished = async (id: string): Promise<Build> => {
    await follow(id);
    return get(id);
  };
  /** The finished build once its log is archived, which is soon after its end. */
  const archived = async (id: string): Promise<Build> => {
    const build = await finished(id);
    return build.log === 'live' ? archived(id) : build;
  };
  const cancel = (id: string) => call(`/builds/${id}/cancel`, { method: 'PUT' });
  const remove = (id: string) => call(`/builds/${id}`, { method: 'DELETE' });
  return { tool, token, base, call, post, start, get, list, follow, finished, archived, cancel, remove };
};

export type Caller = Awaited<ReturnType<typeof forTool>>;

/** Whatever was asked, the functions met nothing they had not thought of, and lost no event. */
export const expectCleanLog = ({ logged }: Target): void => {
  expect(logged.filter(({ severity }) => severity === 'ERROR')).toEqual([]);
};
