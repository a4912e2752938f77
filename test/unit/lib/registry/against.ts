import type { RequestListener } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, expect } from '@jest/globals';
import { ApiError } from '../../../../lib/errors.ts';
import { createRegistry, type Registry, type RegistryOptions } from '../../../../lib/registry/registry.ts';
import { documentedRobot } from '../../../support/harbor/documented-robots.ts';
import { createHarbor, type FakeHarbor, type HarborOptions } from '../../../support/harbor/harbor.ts';
import { fixedSecret } from '../../../support/secret.ts';
import { digestOf, type Served, serve } from './registry-server.ts';

export const gib = 1024 ** 3;

/** The robot account of the functions, with the permissions of docs/deploy.md. */
export const administrator = documentedRobot('builds-api');
export const { name: user, password } = administrator;

const open: Served[] = [];
const harbors: FakeHarbor[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((served) => served.close()));
  expect(harbors.splice(0).flatMap(({ problems }) => problems)).toEqual([]);
});

/** Makes a registry client of a server, which is closed after the test. `requests` lists the server's requests. */
export const against = async (
  listener: RequestListener,
  options: Partial<RegistryOptions> = {},
): Promise<{ registry: Registry; requests: string[]; url: string }> => {
  const served = await serve(listener);
  open.push(served);
  const registry = createRegistry({
    kind: 'harbor',
    url: served.url,
    username: user,
    password: fixedSecret(password),
    sleep: async () => undefined,
    ...options,
  });
  return { registry, requests: served.requests, url: served.url };
};

/**
 * Makes a registry client of a fake of Harbor. After the test, every request and every response must have followed
 * Harbor's API document.
 */
export const againstHarbor = async (
  harborOptions: Partial<HarborOptions> = {},
  options: Partial<RegistryOptions> = {},
) => {
  const harbor = createHarbor({ robots: [administrator], ...harborOptions });
  harbors.push(harbor);
  return { harbor, ...(await against(harbor.listener, options)) };
};

/**
 * Expects that a call fails with 503 and a code, without the registry's password in the error and its causes.
 * @param code default registry_unavailable
 */
export const unavailable = async (promise: Promise<unknown>, code = 'registry_unavailable'): Promise<ApiError> => {
  const error: unknown = await promise.catch((reason: unknown) => reason);
  if (!(error instanceof ApiError)) throw new Error('no ApiError', { cause: error });
  expect([error.status, error.code]).toEqual([503, code]);
  expect(error.retryAfter).toBeGreaterThan(0);
  const all = inspect(error, { depth: 10 });
  for (const secret of [password, Buffer.from(`${user}:${password}`).toString('base64')])
    expect(all).not.toContain(secret);
  return error;
};

/** Returns some digests of images. */
export const digests = (count: number, prefix = 'd') =>
  Array.from({ length: count }, (_, index) => digestOf(prefix + index));
