import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Settings } from '../../../cli/settings.ts';
import { loadSettings } from '../../../cli/settings.ts';
import { folder, remove } from './support.ts';

let home: string;
beforeEach(() => {
  home = folder();
});
afterEach(() => remove(home));

const api = 'https://api.example.org:30003';
const kubernetes = 'https://k8s.example.org:6443';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const certificate = { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') };
const token = { token: 'of-the-cluster' };

const write = (name: string, content: string, mode = 0o600): string => {
  const path = join(home, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
};

type Given = { server?: string; user: object; cluster?: object; mode?: number; env?: Record<string, string> };

/** Loads the settings for the API with a kubeconfig of a server and a user. */
const load = ({ server = kubernetes, user, cluster = {}, mode = 0o600, env = {} }: Given): Promise<Settings> => {
  const content = {
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u', namespace: 'tool-demo' } }],
    clusters: [{ name: 'k', cluster: { server, 'certificate-authority-data': base64('CLUSTER CA'), ...cluster } }],
    users: [{ name: 'u', user }],
  };
  const KUBECONFIG = write('kubeconfig', JSON.stringify(content), mode);
  const CURL_CA_BUNDLE = write('bundle', 'BUNDLE');
  const variables = { TOOL_TOOLFORGE_API_URL: api, KUBECONFIG, CURL_CA_BUNDLE, ...env };
  return loadSettings({ env: variables, home, etc: home, tool: undefined, apiUrl: undefined });
};
const machineFile = (section: object) => write('common.yaml', JSON.stringify({ api_gateway: section }));
const userFile = (section: object) => write('.toolforge.yaml', JSON.stringify({ api_gateway: section }));

const noAuthority = ['BUNDLE'];
const withAuthority = ['CLUSTER CA', 'BUNDLE'];

describe('a kubeconfig of another server than the API', () => {
  test.each([
    ['a certificate', certificate],
    ['a token', token],
  ])('gives nothing: %s', async (_, user) => {
    await expect(load({ user })).rejects.toMatchObject({
      exitCode: 4,
      message: expect.stringContaining(`kubeconfig is for ${kubernetes}, not for ${api}.`),
      hint: expect.stringContaining(`api_gateway: {url: "${api}", kubernetes_url: "${kubernetes}"}`),
    });
    const { tls } = await load({
      user,
      env: { TOOLFORGE_TOKEN: 'mine' },
      cluster: { 'insecure-skip-tls-verify': true },
    });
    expect(tls).toEqual({ verify: true, ca: noAuthority, certificate: undefined });
  });

  test.each([
    ['another port', 'https://api.example.org:6443'],
    ['another scheme', 'http://api.example.org:30003'],
    ['a similar host', 'https://api.example.org.evil.example:30003'],
  ])('gives nothing when it has %s', async (_, server) => {
    await expect(load({ server, user: certificate })).rejects.toMatchObject({ exitCode: 4 });
  });

  test('is not read further, so that a file which it names and which is gone does no harm', async () => {
    const user = { 'client-certificate': '/gone.crt', 'client-key': '/gone.key', tokenFile: '/gone' };
    expect((await load({ user, env: { TOOLFORGE_TOKEN: 'mine' } })).token).toBe('mine');
  });
});

describe('a kubeconfig of the API itself', () => {
  test.each([api, 'https://API.example.org.:30003/some/path'])(
    'gives its credential and authority: %s',
    async (server) => {
      expect(await load({ server, user: certificate })).toMatchObject({
        token: undefined,
        tls: { verify: true, ca: withAuthority, certificate: { cert: 'CERT', key: 'KEY' } },
      });
      expect(await load({ server, user: token })).toMatchObject({
        token: 'of-the-cluster',
        tls: { ca: withAuthority },
      });
    },
  );

  test('gives its authority also to a connection with a token from elsewhere, but not its certificate', async () => {
    expect(await load({ server: api, user: certificate, env: { TOOLFORGE_TOKEN: 'mine' } })).toMatchObject({
      token: 'mine',
      tls: { ca: withAuthority, certificate: undefined },
    });
  });

  test('gives a certificate only to an https address', async () => {
    const env = { TOOL_TOOLFORGE_API_URL: 'http://127.0.0.1:1' };
    await expect(load({ server: 'http://127.0.0.1:1', user: certificate, env })).rejects.toThrow(
      'needs an https address',
    );
  });

  test.each(['exec', 'auth-provider'])('never runs the plugin of %s, and says so', async (key) => {
    const ran = join(home, 'ran');
    const plugin = { apiVersion: 'client.authentication.k8s.io/v1', command: 'touch', args: [ran] };
    await expect(load({ server: api, user: { [key]: plugin } })).rejects.toThrow(`from a plugin (${key})`);
    expect(existsSync(ran)).toBe(false);
  });

  test('gives nothing when every user of the machine can change it', async () => {
    await expect(load({ server: api, user: certificate, mode: 0o602 })).rejects.toThrow('so it is not used');
    const { tls } = await load({ server: api, user: certificate, mode: 0o602, env: { TOOLFORGE_TOKEN: 'mine' } });
    expect(tls?.ca).toEqual(noAuthority);
  });

  test('warns when every user of the machine can read its credential', async () => {
    const key = write('my.key', 'KEY', 0o604);
    const files = { 'client-certificate': write('my.crt', 'CERT', 0o644), 'client-key': key };
    expect((await load({ server: api, user: certificate })).warnings).toEqual([]);
    for (const given of [{ user: token, mode: 0o644 }, { user: certificate, mode: 0o644 }, { user: files }])
      expect((await load({ server: api, ...given })).warnings).toEqual([
        expect.stringContaining('can read your credential'),
      ]);
  });

  test('gives no certificate from a file that every user of the machine can change', async () => {
    const user = { 'client-certificate': write('my.crt', 'CERT', 0o646), 'client-key': write('my.key', 'KEY') };
    await expect(load({ server: api, user })).rejects.toThrow(
      'as client-certificate, which can be changed by every user',
    );
  });

  test('sends no file as a token that is none, such as a private key', async () => {
    const tokenFile = write('id', '-----BEGIN PRIVATE KEY-----\nhidden\n-----END PRIVATE KEY-----\n');
    const failed = await load({ server: api, user: { tokenFile } }).catch((error: unknown) => error);
    expect(String(failed)).toContain('is not a token');
    expect(String(failed)).not.toContain('hidden');
  });
});

describe('a kubeconfig of a cluster that a configuration file names beside the API', () => {
  test.each([
    ["the user's", userFile],
    ["the machine's", machineFile],
  ])('gives certificate, token and authority: %s file', async (_, file) => {
    file({ url: `${api}/`, kubernetes_url: `${kubernetes}/path` });
    expect((await load({ user: certificate })).tls).toEqual({
      verify: true,
      ca: withAuthority,
      certificate: { cert: 'CERT', key: 'KEY' },
    });
    expect(await load({ user: token })).toMatchObject({ token: 'of-the-cluster', tls: { ca: withAuthority } });
  });

  test('gives nothing to an API at another address', async () => {
    userFile({ url: api, kubernetes_url: kubernetes });
    const env = { TOOL_TOOLFORGE_API_URL: 'https://evil.example' };
    await expect(load({ user: token, env })).rejects.toMatchObject({ exitCode: 4 });
  });

  test('is another one than the kubeconfig, so that the kubeconfig gives nothing', async () => {
    machineFile({ url: api, kubernetes_url: 'https://other.example' });
    await expect(load({ user: certificate })).rejects.toMatchObject({ exitCode: 4 });
  });

  test('must be named by an http or https URL', async () => {
    userFile({ url: api, kubernetes_url: 'k8s.example.org:6443' });
    await expect(load({ user: certificate })).rejects.toThrow(
      'api_gateway.kubernetes_url must be an http or https URL',
    );
  });
});

describe("a kubeconfig on a machine whose administrator names only the API's address", () => {
  test('gives its certificate, and its authority together with the certificate', async () => {
    machineFile({ url: api });
    expect(await load({ user: certificate })).toMatchObject({
      tls: { ca: withAuthority, certificate: { cert: 'CERT' } },
    });
  });

  test('gives its authority to no token from elsewhere, and skips no verification', async () => {
    machineFile({ url: api });
    const cluster = { 'insecure-skip-tls-verify': true };
    const { tls } = await load({ user: certificate, cluster, env: { TOOLFORGE_TOKEN: 'mine' } });
    expect(tls).toEqual({ verify: true, ca: noAuthority, certificate: undefined });
    expect((await load({ user: certificate, cluster })).tls?.verify).toBe(true);
  });

  test('gives no token, which may be of another cluster', async () => {
    machineFile({ url: api });
    await expect(load({ user: token })).rejects.toThrow(`its token is only for ${kubernetes}`);
  });

  test('gives nothing when only the user names the address', async () => {
    userFile({ url: api });
    await expect(load({ user: certificate })).rejects.toMatchObject({ exitCode: 4 });
  });
});
