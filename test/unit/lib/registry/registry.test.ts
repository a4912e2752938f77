import type { RequestListener } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '../../../../lib/errors.ts';
import type { RegistryOptions } from '../../../../lib/registry/registry.ts';
import { createRegistry } from '../../../../lib/registry/registry.ts';
import { storageForStart } from '../../../../lib/registry/storage.ts';
import { createHarbor } from '../../../support/harbor/harbor.ts';
import { administrator, against, digests, password, unavailable } from './against.ts';
import type { OciContent } from './registry-server.ts';
import { digestOf, oci, serve } from './registry-server.ts';

describe('the registry client when the registry misbehaves', () => {
  test('a request is sent again until the registry recovers', async () => {
    const { listener } = createHarbor({ robots: [administrator], projects: { 'tool-a': { limit: -1, used: 3 } } });
    let failures = 2;
    const { registry, requests } = await against((request, response) => {
      failures -= 1;
      if (failures >= 0) response.writeHead(502).end();
      else listener(request, response);
    });
    expect(await registry.storage('a')).toEqual({ usedBytes: 3, limitBytes: undefined });
    expect(requests).toHaveLength(3);
  });

  test.each<[string, RequestListener, number]>([
    ['responds with 503', (_request, response) => response.writeHead(503).end('down'), 2],
    ['closes the connection', (request) => request.socket.destroy(), 2],
    ['never responds', () => undefined, 2],
    ['never ends its response', (_request, response) => response.writeHead(200).write('{'), 2],
    ['sends too many bytes', (_request, response) => response.end('x'.repeat(2000)), 2],
    ['sends HTML', (_request, response) => response.end('<html>'), 1],
    ['sends a number', (_request, response) => response.end('7'), 1],
    ['sends no numbers', (_request, response) => response.end('{"quota":{"hard":{"storage":"x"}}}'), 1],
    ['redirects', (_request, response) => response.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end(), 1],
  ])('a registry that %s gives 503', async (_what, listener, sent) => {
    const { registry, requests } = await against(listener, { attempts: 2, timeoutMs: 300, maxBytes: 1000 });
    const error = await unavailable(registry.storage('a'));
    expect(error.retryAfter).toBeGreaterThan(0);
    expect(requests).toHaveLength(sent);
    await unavailable(registry.clean('a'));
  });

  test('a registry that refuses connections gives 503', async () => {
    const served = await serve(() => undefined);
    await served.close();
    const registry = createRegistry({ kind: 'harbor', url: served.url, attempts: 1 });
    const { cause } = await unavailable(registry.storage('a'));
    expect(String(cause)).toContain('ECONNREFUSED');
  });

  test("a request ends with its signal's reason", async () => {
    const received = Promise.withResolvers<void>();
    const { registry } = await against(() => received.resolve());
    const caller = new AbortController();
    const result = registry.storage('a', caller.signal);
    await received.promise;
    caller.abort(new Error('gone'));
    await expect(result).rejects.toThrow('gone');
  });
});

describe('the registry client against a plain OCI registry', () => {
  const plain = { kind: 'oci' as const, username: undefined as never, password: undefined as never };
  const [shared, own, config] = digests(3, 'blob') as [string, string, string];
  const image = (...layers: [string, number][]) => ({
    schemaVersion: 2,
    config: { digest: config, size: 10 },
    layers: layers.map(([digest, size]) => ({ digest, size })),
  });
  const content = (): { repositories: OciContent; size: number } => {
    const one = image([shared, 1000]);
    const two = image([shared, 1000], [own, 500]);
    const index = {
      schemaVersion: 2,
      manifests: [
        { digest: digestOf('two'), size: 1 },
        { digest: 'odd', size: -1 },
      ],
    };
    const manifests = { [digestOf('one')]: one, [digestOf('two')]: two, [digestOf('index')]: index };
    const tags = { latest: digestOf('one'), again: digestOf('one'), multi: digestOf('index'), lost: digestOf('lost') };
    const other = { tags: { latest: digestOf('one') }, manifests: { [digestOf('one')]: one } };
    const size = [one, two, index]
      .map((manifest) => JSON.stringify(manifest).length)
      .reduce((sum, length) => sum + length);
    return {
      repositories: {
        'other/x': other,
        'tool-a/app': { tags, manifests },
        'tool-a/empty': { tags: {}, manifests: {} },
        'tool-ab/x': other,
      },
      size: size + 10 + 1000 + 500,
    };
  };
  const options = (rest: Partial<RegistryOptions> = {}): Partial<RegistryOptions> => ({ ...plain, ...rest });

  test.each([true, false])('storage counts every blob once (digest headers: %s)', async (sendsDigests) => {
    const { repositories, size } = content();
    const { registry } = await against(oci(repositories, { digests: sendsDigests }), options({ limitBytes: 4000 }));
    expect(await registry.storage('a')).toEqual({ usedBytes: size, limitBytes: 4000 });
    expect(await registry.storage('nobody')).toEqual({ usedBytes: 0, limitBytes: 4000 });
  });

  test('clean deletes the manifests of one tool only', async () => {
    const { repositories } = content();
    const { registry } = await against(oci(repositories), options());
    expect(await registry.clean('a')).toEqual({ deleted: 3, repository: 'tool-a/app' });
    expect(repositories['tool-a/app']?.manifests).toEqual({});
    expect(Object.keys(repositories['tool-ab/x']?.manifests ?? {})).toHaveLength(1);
    expect(await registry.clean('a')).toEqual({ deleted: 0, repository: 'tool-a' });
  });

  test('clean says whom to ask where the registry does not allow deletions', async () => {
    const { registry } = await against(oci(content().repositories, { delete: 405 }), options());
    expect((await unavailable(registry.clean('a'), 'registry_refused')).message).toContain('administrators');
    const refusing = await against(oci(content().repositories, { delete: 403 }), options());
    const { message } = await unavailable(refusing.registry.clean('a'), 'registry_refused');
    expect(message).toMatch(/permissions of its account/);
  });

  test.each<[string, RequestListener, string]>([
    ['refuses', (_request, response) => response.writeHead(401).end(), 'registry_refused'],
    ['lists no names', (_request, response) => response.end('{"repositories":7}'), 'registry_unavailable'],
    [
      'sends null',
      (request, response) => response.end(request.url?.includes('catalog') ? '{"repositories":["tool-a/x"]}' : '7x'),
      'registry_unavailable',
    ],
    [
      'refuses to show its manifests',
      (request, response) =>
        request.url?.includes('manifests')
          ? response.writeHead(403).end()
          : response.end('{"repositories":["tool-a/x"],"tags":["latest"]}'),
      'registry_refused',
    ],
  ])('a registry that %s gives 503', async (_what, listener, code) => {
    const { registry } = await against(listener, options());
    await unavailable(registry.storage('a'), code);
  });

  test('storageForStart requests the storage only where it has a limit', async () => {
    const signal = AbortSignal.timeout(5000);
    const unlimited = await against(oci(content().repositories), plain);
    expect(await storageForStart(unlimited.registry)('mine', signal)).toBeUndefined();
    expect(unlimited.requests).toEqual([]);
    const limited = await against(oci(content().repositories), { ...plain, limitBytes: 5000 });
    expect(await storageForStart(limited.registry)('mine', signal)).toMatchObject({ limitBytes: 5000 });
  });
});

test.each<[string, Partial<Record<keyof RegistryOptions, unknown>>]>([
  ['REGISTRY_URL', { url: 'harbor.example.org' }],
  ['REGISTRY_URL', { url: 'ftp://harbor.example.org' }],
  ['REGISTRY_URL', { url: 'https://u:p@harbor.example.org' }],
  ['REGISTRY_URL', { url: 'https://harbor.example.org/api' }],
  ['REGISTRY_KIND', { kind: 'docker' }],
  ['REGISTRY_USER', { password }],
  ['REGISTRY_USER', { username: 'a:b', password }],
  ['REGISTRY_PASSWORD_FILE', { username: 'a' }],
  ['registry.timeoutMs', { timeoutMs: 0 }],
  ['registry.attempts', { attempts: 1.5 }],
  ['registry.maxBytes', { maxBytes: -1 }],
  ['REGISTRY_LIMIT_BYTES', { limitBytes: -1 }],
])('createRegistry refuses a wrong %s: %j', (setting, wrong) => {
  const options = { kind: 'harbor', url: 'https://harbor.example.org', ...wrong } as RegistryOptions;
  const error = (() => {
    try {
      return createRegistry(options);
    } catch (reason) {
      return reason;
    }
  })();
  expect(error).toBeInstanceOf(ConfigError);
  expect(error).toMatchObject({ setting });
  expect(String(error)).not.toContain(password);
});
