import type { IncomingMessage } from 'node:http';
import { expect } from '@jest/globals';
import fc from 'fast-check';
import { idempotencyKeyOf, normalizeParameters } from '../../lib/builds/parameters.ts';
import { parseBuildRequest } from '../../lib/builds/parse-parameters.ts';
import { ApiError } from '../../lib/errors.ts';
import { findRoute } from '../../lib/http/routing.ts';
import { checkParameters } from '../../lib/http/validate.ts';
import { toolPattern } from '../support/tool-names.ts';
import { fuzz } from './fuzz.ts';
import { mutated } from './mutated.ts';

const refused = (error: unknown, statuses: readonly number[]): void => {
  expect(error).toBeInstanceOf(ApiError);
  expect(statuses).toContain((error as ApiError).status);
  expect((error as ApiError).message.length).toBeLessThan(1000);
};

const bodies = mutated(
  JSON.stringify({ source_url: 'https://a.example/b', ref: 'main', envvars: { NAME: 'value' }, image_name: 'app' }),
  JSON.stringify({ source_url: 'https://a.example/b', use_latest_versions: true, use_deprecated_versions: false }),
  '{"source_url":"x","__proto__":{"ref":"y"},"envvars":{"__proto__":"z","constructor":"w"}}',
  '[]',
);

fuzz('every body of a start gives parameters of the right types, or a refusal with status 400', bodies, (body) => {
  try {
    const parameters = normalizeParameters('a', parseBuildRequest(body).parameters);
    for (const name of ['source_url', 'ref', 'image_name'] as const) expect(typeof parameters[name]).toBe('string');
    for (const name of ['use_latest_versions', 'use_deprecated_versions'] as const)
      expect(typeof parameters[name]).toBe('boolean');
    for (const [name, value] of Object.entries(parameters.envvars)) {
      expect(name).toMatch(/^[A-Za-z_][A-Za-z_0-9]{2,}$/);
      expect(typeof value).toBe('string');
      expect(value).not.toContain('\0');
    }
    expect(Object.getPrototypeOf(parameters.envvars)).toBe(Object.prototype);
    expect(idempotencyKeyOf('key', parameters)).toEqual(idempotencyKeyOf('key', structuredClone(parameters)));
  } catch (error) {
    refused(error, [400]);
  }
});

const targets = mutated(
  '/v1/tool/a/builds?limit=1',
  '/builds/v1/tool/a/builds/latest',
  '/v1/tool/a%2Fb/builds/a-1/logs?cursor=x&follow=true',
  '//v1/healthz',
  'http://elsewhere.example/v1/tool/a/quotas',
  '*',
).map((bytes) => bytes.toString('latin1'));

fuzz(
  'every target of a request finds a route with a valid tool, or is refused with 400, 404 or 405',
  fc.tuple(fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'BREW'), targets),
  ([method, url]) => {
    try {
      const { route, params, search } = findRoute({ method, url } as IncomingMessage);
      checkParameters(route, { ...Object.fromEntries(search), ...params });
      if (params.toolname !== undefined) expect(params.toolname).toMatch(toolPattern);
    } catch (error) {
      refused(error, [400, 404, 405]);
    }
  },
);
