import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
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
