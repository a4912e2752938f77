import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { kubeconfigConnection } from '../../../../lib/kube/connection.ts';
import { plainConnection } from '../../../../lib/kube/kubeconfig.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const connect = async (cluster: string, user: string, namespace = 'builds') => {
  const file = join(folder, 'config');
  await writeFile(
    file,
    `current-context: here
contexts: [{name: here, context: {cluster: k, user: u, namespace: ${namespace}}}]
clusters: [{name: k, cluster: ${cluster}}]
users: [{name: u, user: ${user}}]
`,
  );
  return plainConnection(file);
};

describe('plainConnection', () => {
  test('reads a token', async () => {
    const connection = await connect('{server: "https://k:6443"}', '{token: abc}');
    expect(connection?.server.href).toBe('https://k:6443/');
    expect(connection).toMatchObject({ namespace: 'builds', tls: {} });
    expect(await connection?.authorization()).toBe('Bearer abc');
  });

  test('reads certificates inside the file', async () => {
    const user = '{client-certificate-data: Qw==, client-key-data: Sw==}';
    const connection = await connect('{server: "https://k", certificate-authority-data: Q0E=}', user, '""');
    expect(connection?.tls).toEqual({ ca: Buffer.from('CA'), cert: Buffer.from('C'), key: Buffer.from('K') });
    expect(connection?.namespace).toBe('default');
    expect(await connection?.authorization()).toBeUndefined();
  });

  test('skips the verification of certificates when the file says so', async () => {
    const connection = await connect('{server: "https://k", insecure-skip-tls-verify: true}', '{token: abc}');
    expect(connection?.tls).toEqual({ rejectUnauthorized: false });
  });

  test.each([
    ['an exec plugin', '{server: "https://k"}', '{exec: {command: aws}}'],
    ['an authority in another file', '{server: "https://k", certificate-authority: ca.crt}', '{token: abc}'],
  ])('leaves %s to client-node', async (_, cluster, user) => {
    expect(await connect(cluster, user)).toBeUndefined();
  });

  test('rejects a cluster without an address', async () => {
    await expect(connect('{}', '{token: abc}')).rejects.toThrow('Invalid URL');
  });
});

describe('several kubeconfigs', () => {
  const write = async (name: string, content: object): Promise<string> => {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'config'), JSON.stringify(content));
    return join(folder, name, 'config');
  };
  const split = async (user: object) => {
    const contexts = [{ name: 'here', context: { cluster: 'k', user: 'u', namespace: 'builds' } }];
    const clusters = [{ name: 'k', cluster: { server: 'https://k:6443' } }];
    const first = await write('first', { contexts, clusters });
    const second = await write('second', {
      'current-context': 'here',
      clusters: [{ name: 'k', cluster: { server: 'https://other' } }],
      users: [{ name: 'u', user }],
    });
    return ['', join(folder, 'gone'), first, second].join(':');
  };

  test('are merged as kubectl merges them', async () => {
    const connection = await plainConnection(await split({ token: 'abc' }));
    expect(connection).toMatchObject({ namespace: 'builds', server: new URL('https://k:6443') });
    expect(await connection?.authorization()).toBe('Bearer abc');
  });

  test('may name files in their own folders, which client-node reads', async () => {
    const paths = await split({ 'client-certificate': 'my.crt', 'client-key': 'my.key' });
    await writeFile(join(folder, 'second/my.crt'), 'CERT');
    await writeFile(join(folder, 'second/my.key'), 'KEY');
    expect(await plainConnection(paths)).toBeUndefined();
    expect((await kubeconfigConnection(paths)).tls).toMatchObject({
      cert: Buffer.from('CERT'),
      key: Buffer.from('KEY'),
    });
  });

  test('that are all gone, or none, are an error', async () => {
    await expect(plainConnection(`${folder}/a:${folder}/b`)).rejects.toThrow(/ENOENT.*\/a/);
    await expect(plainConnection(':')).rejects.toThrow('":" names no file');
  });
});
