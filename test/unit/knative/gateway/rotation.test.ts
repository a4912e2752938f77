import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sleep } from '../../../../lib/abort.ts';
import { type KeyAndCertificate, openAuthority } from '../../../../local/certificates.ts';
import { type CertificateOptions, selfSigned } from '../../../support/certificates.ts';
import { type Nginx, nginxFolder, startNginx } from './nginx.ts';

const describeNginx = nginxFolder ? describe : describe.skip;

/** Sends a request, as often as it is repeated at less than the gateway's limit of 50 requests per second. */
const send = async (nginx: Nginx, request: Parameters<Nginx['send']>[0]) => {
  await sleep(30);
  return nginx.send(request);
};

describeNginx('while Secrets of the gateway are replaced', () => {
  const path = '/builds/v1/tool/mine/builds';
  let nginx: Nginx;
  let certificate: KeyAndCertificate;
  beforeAll(async () => {
    nginx = await startNginx({ environment: { CALLERS: 'api-gateway' }, formerRounds: 1 });
    certificate = await nginx.issue('CN=api-gateway');
  });
  afterAll(() => nginx.close());

  test.each<[string, CertificateOptions, RegExp]>([
    [
      'has expired',
      { days: [-3, -2] },
      /^The client certificate is refused: certificate has expired\. Only the API gateway/,
    ],
    ['begins tomorrow', { days: [1, 2] }, /^The client certificate is refused: certificate is not yet valid\. Only/],
  ])(
    'says that a client certificate %s',
    async (_, options, expected) => {
      const { key, cert } = await selfSigned({ host: 'api-gateway', ...options });
      const { authority } = nginx;
      await nginx.writeSecret('gateway-tls', { 'ca.crt': `${authority}\n${cert}` });
      const sentenceOf = async () => {
        const { received } = await send(nginx, { path, certificate: { key, certificate: cert } });
        return String((received as { error?: unknown }).error);
      };
      while (/self.signed/.test(await sentenceOf()));
      expect(await sentenceOf()).toMatch(expected);
      await nginx.writeSecret('gateway-tls', { 'ca.crt': authority });
    },
    30_000,
  );

  test('the gateway takes up another authority and another secret without a restart, and sends the former secret for a while', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'authority-'));
    try {
      const next = await openAuthority(join(folder, 'authority.json'));
      const renewed = await next.issue('CN=api-gateway');
      await nginx.writeSecret('gateway', { secret: 'another\n' });
      await nginx.writeSecret('gateway-tls', { 'ca.crt': next.certificate });
      const headers = { 'x-toolforge-tool': 'mine' };
      let last = await send(nginx, { path, certificate: renewed, headers });
      while (last.status !== 200) last = await send(nginx, { path, certificate: renewed, headers });
      // The functions may not have the new secret yet, so the former secret is sent beside it.
      expect(last.received).toMatchObject({ 'x-toolforge-gateway-secret': 'another s3cret' });
      expect((await send(nginx, { path, certificate, headers })).status).toBe(403);
      const secretOf = async () =>
        (await send(nginx, { path, certificate: renewed, headers })).received['x-toolforge-gateway-secret'];
      while ((await secretOf()) !== 'another');
    } finally {
      await rm(folder, { recursive: true });
    }
  }, 30_000);
});

describeNginx('a wrong Secret of the running gateway', () => {
  let nginx: Nginx;
  beforeAll(async () => {
    nginx = await startNginx();
  });
  afterAll(() => nginx.close());

  test.each<[string, string, Record<string, string>, RegExp]>([
    ['the secret is empty', 'gateway', { secret: '' }, /The Secret gateway must hold a key "secret" of letters/],
    ['the certificate is cut off', 'gateway-tls', { 'tls.crt': '-----BEGIN CERTIFICATE-----\nMIIB' }, /tls\.crt/],
  ])(
    'changes nothing, and the log says so, where %s',
    async (_, name, keys, expected) => {
      const before = await nginx.readSecret(name);
      const from = nginx.log().length;
      await nginx.writeSecret(name, keys);
      const logged = () => nginx.log().slice(from);
      const certificate = await nginx.certificateOf('mine');
      const ask = () => send(nginx, { path: '/builds/v1/tool/mine/builds', certificate });
      while (!logged().includes('nginx keeps its former configuration')) expect((await ask()).status).toBe(200);
      expect(logged()).toMatch(expected);
      expect((await ask()).received).toMatchObject({ 'x-toolforge-gateway-secret': 's3cret' });
      await nginx.writeSecret(name, before);
      while (!logged().includes('secrets read again')) expect((await ask()).status).toBe(200);
    },
    30_000,
  );
});
