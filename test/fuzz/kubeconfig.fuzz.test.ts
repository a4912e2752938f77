import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import fc from 'fast-check';
import { dump } from 'js-yaml';
import { Failure } from '../../cli/failure.ts';
import { readKubeconfig } from '../../cli/kubeconfig.ts';
import { kubeconfigTrust } from '../../cli/kubeconfig-trust.ts';
import { fuzz } from './fuzz.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'fuzz-kubeconfig-'));
});
afterAll(() => rmSync(home, { recursive: true }));

const api = new URL('https://api.example.org:30003/builds/v1');
const secret = 'top-secret-value';

/** Writes kubeconfigs, and returns what they give for the API. Undefined when they are refused with a sentence. */
const trustOf = async (...contents: string[]) => {
  const paths = contents.map((content, at) => {
    const path = join(home, `config-${at}`);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  });
  try {
    return await kubeconfigTrust(await readKubeconfig({ KUBECONFIG: paths.join(':') }, home), api, []);
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
    expect((error as Failure).message + (error as Failure).hint).not.toContain(secret);
    return undefined;
  }
};

const nothing = {
  relation: 'unrelated',
  certificate: undefined,
  token: undefined,
  ca: undefined,
  skipsVerification: false,
  warning: undefined,
};

const name = fc.constantFrom('a', 'b', '__proto__', 'constructor', '');
const value: fc.Arbitrary<unknown> = fc.oneof(fc.constant(secret), fc.constant(true), fc.jsonValue({ maxDepth: 2 }));
const server = fc.constantFrom(
  ...[api.origin, 'HTTPS://API.example.org.:30003/x', 'https://api.example.org', 'http://api.example.org:30003'],
  ...['https://other.example', 'api.example.org:30003', 'https://api.example.org:30003@other.example', '', 7, null],
);
const path = fc.oneof(
  fc.constantFrom('gone', '/', '.', '/dev/null', 'a\u0000b', 'config-0'),
  fc.jsonValue({ maxDepth: 1 }),
);
const clusterKeys = fc.record(
  {
    ...{ 'certificate-authority-data': value, 'certificate-authority': path },
    ...{ 'insecure-skip-tls-verify': value, 'proxy-url': value, 'tls-server-name': value },
  },
  { requiredKeys: [] },
);
const cluster = fc.tuple(server, clusterKeys).map(([url, others]): object => ({ ...others, server: url }));
const user = fc.record(
  {
    ...{
      token: value,
      'client-certificate-data': value,
      'client-key-data': value,
      exec: value,
      'auth-provider': value,
    },
    ...{ tokenFile: path, 'client-certificate': path, 'client-key': path },
  },
  { requiredKeys: [] },
);
const context = fc.record({ cluster: name, user: name, namespace: value });
const entries = (kind: string, content: fc.Arbitrary<unknown>) =>
  fc.oneof(
    {
      weight: 9,
      arbitrary: fc.array(
        fc.tuple(name, content).map(([of, it]) => ({ name: of, [kind]: it })),
        { maxLength: 3 },
      ),
    },
    { weight: 1, arbitrary: value },
  );
const kubeconfig = fc.record(
  {
    'current-context': name,
    contexts: entries('context', context),
    clusters: entries('cluster', cluster),
    users: entries('user', user),
  },
  { requiredKeys: [] },
);

/** Text like a kubeconfig with parts cut out, doubled or replaced, and arbitrary text. */
const damaged = fc.oneof(
  fc
    .tuple(kubeconfig, fc.nat(), fc.nat(), fc.string({ unit: 'binary', maxLength: 5 }))
    .map(([content, from, length, noise]) => {
      const text = dump(content);
      const start = from % (text.length + 1);
      return text.slice(0, start) + noise + text.slice(start + (length % 20));
    }),
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('&a', '*a', '<<:', '{', '}', '[', ']', ': ', '- ', '\n', ' ', '!!binary', '|', 'x', secret),
  }),
);

fuzz(
  'a kubeconfig, whatever it holds, is read or refused with a sentence that shows no secret',
  damaged,
  async (text) => {
    await trustOf(text);
  },
);

fuzz(
  'kubeconfigs give something only when the current cluster is the API',
  fc.array(kubeconfig, { minLength: 1, maxLength: 3 }),
  async (contents) => {
    const trust = await trustOf(...contents.map((content) => JSON.stringify(content)));
    const servers = contents
      .flatMap(({ clusters }) => (Array.isArray(clusters) ? clusters : []))
      .map((entry) => JSON.stringify(entry));
    const mayBeApi = servers.some((text) => /"https:\/\/api\.example\.org\.?:30003(?:\/[^"@]*)?"/i.test(text));
    if (trust && !mayBeApi) expect(trust).toEqual(nothing);
    if (trust?.relation === 'unrelated') expect(trust).toEqual(nothing);
  },
);

const hostLabel = fc.stringMatching(/^[a-z]([a-z0-9]{0,8})$/);
const address = fc.record({
  host: fc.array(hostLabel, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.')),
  port: fc.integer({ min: 1, max: 65_535 }),
});

fuzz(
  'one server in two spellings is trusted, and two servers never are',
  fc.tuple(address, address, fc.boolean(), fc.boolean()),
  async ([one, other, dot, upper]) => {
    const spelled = (upper ? one.host.toUpperCase() : one.host) + (dot ? '.' : '');
    const content = {
      server: undefined,
      foreign: undefined,
      cluster: undefined,
      user: { token: secret },
      path: 'x',
      clusterPath: 'x',
      namespace: undefined,
      isPublic: false,
    };
    const base = (from: { host: string; port: number }) => new URL(`https://${from.host}:${from.port}/builds/v1`);
    const own = { ...content, server: new URL(`https://${spelled}:${one.port}/any`) };
    expect((await kubeconfigTrust(own, base(one), [])).token).toBe(secret);
    const same = one.host === other.host && one.port === other.port;
    expect((await kubeconfigTrust(own, base(other), [])).token).toBe(same ? secret : undefined);
  },
);
