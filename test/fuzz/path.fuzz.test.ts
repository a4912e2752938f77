import type { IncomingMessage } from 'node:http';
import { expect } from '@jest/globals';
import fc from 'fast-check';
import { findRoute } from '../../lib/http/routing.ts';
import { routes } from '../../openapi/generated/routes.ts';
import { readGatewayRoutes } from '../support/gateway-routes.ts';
import { resultOrRefusal } from '../support/result-or-refusal.ts';
import { fuzz } from './fuzz.ts';

const methods = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS');

const find = (method: string, url: string) => findRoute({ method, url } as IncomingMessage);

const toolName = fc.stringMatching(/^[a-z]([-_a-z0-9]{0,30}[a-z0-9])?$/);

/** A character of a path: itself, or percent-encoded in lower or upper case. */
const spelledCharacter = (character: string): fc.Arbitrary<string> => {
  const hex = Buffer.from(character).toString('hex');
  return fc.constantFrom(character, `%${hex}`, `%${hex.toUpperCase()}`);
};

const spelled = (text: string): fc.Arbitrary<string> =>
  fc.tuple(...[...text].map(spelledCharacter)).map((characters) => characters.join(''));

const toolAndSpelling = toolName.chain((tool) => spelled(tool).map((spelling) => ({ tool, spelling })));

fuzz(
  'every spelling of a tool in a path is authorized and counted as that tool',
  toolAndSpelling,
  ({ tool, spelling }) => {
    const { route, params } = find('POST', `/builds/v1/tool/${spelling}/builds`);
    expect({ operation: route.operation, params }).toEqual({ operation: 'start', params: { toolname: tool } });
  },
);

const segment = fc.oneof(
  fc.constantFrom('v1', 'tool', 'builds', 'latest', 'logs', 'cancel', 'quotas', 'mine', '', '..', '.', 'builds.'),
  fc.constantFrom(
    '%2e%2e',
    '%2F',
    '%5c',
    '%00',
    '%',
    '%25',
    '%252e',
    '\\',
    '..\\',
    'a\\..\\b',
    ';',
    '?',
    '#',
    '@',
    ':',
  ),
  fc.string({ unit: 'binary-ascii', maxLength: 6 }),
  toolName,
);

const knownPath = fc
  .tuple(
    fc.constantFrom(...routes),
    fc.constantFrom('', '/builds'),
    segment,
    segment,
    fc.constantFrom('', '/', '?a=/b', '/..'),
  )
  .map(
    ([{ path }, mount, tool, id, end]) =>
      mount + path.replace('{toolname}', () => tool).replace('{id}', () => id) + end,
  );

const anyPath = fc.oneof(
  knownPath,
  fc.array(segment, { maxLength: 8 }).map((segments) => `/${segments.join('/')}`),
  fc.string({ unit: 'binary-ascii' }),
);

const functionOf = await readGatewayRoutes();

fuzz(
  'the gateway sends a request to the function that serves its operation',
  fc.tuple(methods, anyPath),
  ([method, url]) => {
    const found = resultOrRefusal(() => find(method, url), [400, 404, 405]);
    if (!found || !('route' in found) || !url.startsWith('/')) return;
    expect(functionOf(method, url)).toBe(found.route.function);
  },
);
