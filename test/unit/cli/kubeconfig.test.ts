import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { readKubeconfig } from '../../../cli/kubeconfig.ts';
import { folder, remove } from './support.ts';

let home: string;
beforeEach(() => {
  home = folder();
});
afterEach(() => remove(home));

const write = (path: string, content: object | string, mode = 0o600): string => {
  const file = join(home, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  chmodSync(file, mode);
  return file;
};

const context = (name: string, cluster: string, user: string) => ({ name, context: { cluster, user } });
const cluster = (name: string, server: string, more = {}) => ({ name, cluster: { server, ...more } });
const user = (name: string, fields: object) => ({ name, user: fields });
const read = (Kubeconfig?: string) => readKubeconfig({ KUBECONFIG: Kubeconfig }, home);

describe('readKubeconfig', () => {
  test('merges the files of KUBECONFIG like kubectl: the first context, and the first entry of a name', async () => {
    const first = write('a/config', {
      contexts: [context('one', 'k', 'u')],
      clusters: [cluster('k', 'https://first.example')],
    });
    const second = write('b/config', {
      'current-context': 'one',
      contexts: [context('one', 'other', 'other')],
      clusters: [cluster('k', 'https://second.example'), cluster('other', 'https://other.example')],
      users: [user('u', { token: 'mine' }), user('other', { token: 'foreign' })],
    });
    const third = write('c/config', { 'current-context': 'two' });
    expect(await read([join(home, 'gone'), first, second, third].join(':'))).toMatchObject({
      path: second,
      clusterPath: first,
      server: new URL('https://first.example'),
      user: { token: 'mine' },
    });
  });

  test('takes relative paths as relative to the file that holds them', async () => {
    const keys = { 'client-certificate': 'my.crt', 'client-key': '../my.key', tokenFile: '/abs/token' };
    const files = [
      write('a/config', { 'current-context': 'c', contexts: [context('c', 'k', 'u')] }),
      write('b/config', { users: [user('u', keys)] }),
      write('c/config', { clusters: [cluster('k', 'https://k.example', { 'certificate-authority': 'ca.crt' })] }),
    ];
    const found = await read(files.join(':'));
    expect(found?.user).toEqual({
      'client-certificate': join(home, 'b/my.crt'),
      'client-key': join(home, 'my.key'),
      tokenFile: '/abs/token',
    });
    expect(found?.cluster).toMatchObject({ 'certificate-authority': join(home, 'c/ca.crt') });
  });

  test.each([
    ['no server', {}],
    ['a server without a scheme', { server: 'k8s.example.org:6443' }],
    ['a server of another scheme', { server: 'file:///etc/passwd' }],
    ['a server that is no text', { server: ['https://k8s.example.org'] }],
  ])('finds no server in a cluster with %s', async (_, fields) => {
    const content = {
      'current-context': 'c',
      contexts: [context('c', 'k', 'u')],
      clusters: [{ name: 'k', cluster: fields }],
    };
    expect((await read(write('config', content)))?.server).toBeUndefined();
  });

  test.each([
    '',
    '# nothing\n\n',
    'null',
    '{}',
    '{"contexts": 1, "clusters": {}, "users": [null, 1]}',
    '{"current-context": "__proto__"}',
  ])('finds nothing in the kubeconfig %j', async (text) => {
    expect(await read(write('config', text))).toMatchObject({
      server: undefined,
      user: undefined,
      namespace: undefined,
    });
  });

  test('says that a file which every user of the machine can change, also behind a symbolic link, is foreign', async () => {
    const file = write('config', {}, 0o666);
    symlinkSync(file, join(home, 'link'));
    expect(await read(join(home, 'link'))).toMatchObject({ foreign: 'can be changed by every user of this machine' });
    const own = write('own', {});
    expect(await read(own)).toMatchObject({ foreign: undefined, isPublic: false });
    expect(await read(`${own}:${file}`)).toMatchObject({ foreign: expect.any(String), path: file });
  });

  test('says whether every user of the machine can read the file with the user, and not another of the files', async () => {
    const place = write('place', {
      'current-context': 'one',
      contexts: [context('one', 'k', 'u')],
      clusters: [cluster('k', 'https://k.example')],
    });
    const secret = write('secret', { users: [user('u', { token: 'mine' })] });
    chmodSync(place, 0o644);
    expect(await read(`${place}:${secret}`)).toMatchObject({ isPublic: false, path: secret, clusterPath: place });
    chmodSync(secret, 0o644);
    expect(await read(`${place}:${secret}`)).toMatchObject({ isPublic: true });
  });

  test('reads the default only without KUBECONFIG, skips empty names, and reads a file once that is named twice', async () => {
    write('.kube/config', {
      'current-context': 'd',
      contexts: [{ name: 'd', context: { namespace: 'tool-default' } }],
    });
    expect(await read(undefined)).toMatchObject({ namespace: 'tool-default' });
    expect(await read('')).toMatchObject({ namespace: 'tool-default' });
    expect(await read(':')).toBeUndefined();
    const file = write('config', {
      'current-context': 'c',
      contexts: [{ name: 'c', context: { namespace: 'tool-c' } }],
    });
    expect(await read(`::${file}:${file}:`)).toMatchObject({ namespace: 'tool-c' });
    const pipe = join(home, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const both = read(`${pipe}:${pipe}`);
    writeFileSync(pipe, '{"current-context": "p", "contexts": [{"name": "p", "context": {"namespace": "tool-p"}}]}');
    expect(await both).toMatchObject({ namespace: 'tool-p' });
  });

  test('says that the file of another user is foreign, unless that user is root or root reads it', async () => {
    const file = write('config', {});
    if (process.getuid?.() === 0) chownSync(file, 1001, 1001);
    const user = jest.spyOn(process, 'getuid' as never) as unknown as jest.SpiedFunction<() => number>;
    try {
      user.mockReturnValue(54_321);
      expect(await read(file)).toMatchObject({ foreign: 'belongs to another user' });
      user.mockReturnValue(0);
      expect(await read(file)).toMatchObject({ foreign: undefined });
    } finally {
      user.mockRestore();
    }
  });

  test('gives up a file that never ends, and a folder', async () => {
    await expect(read('/dev/zero')).rejects.toThrow("The file /dev/zero can't be read (larger than 8388608 bytes).");
    await expect(read(home)).rejects.toThrow('EISDIR');
  });
});
