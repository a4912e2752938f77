import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { downloadKeys } from '../../../../lib/auth/issuer-keys.ts';
import { openAuthority } from '../../../../local/certificates.ts';

let folder: string;
let server: Server;
let jwksUri: string;
let caFile: string;
let tokenFile: string;

/** Starts a server of keys like the API server: it has a certificate of its own authority, and requires a token. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cluster-keys-'));
  [caFile, tokenFile] = [join(folder, 'ca.crt'), join(folder, 'token')];
  const authority = await openAuthority(join(folder, 'authority.json'));
  const { key, certificate: cert } = await authority.issue('CN=kubernetes', ['localhost']);
  await writeFile(caFile, authority.certificate);
  server = createServer({ key, cert }, ({ headers }, response) =>
    response.writeHead(headers.authorization === 'Bearer second' ? 200 : 403).end('{"keys":[]}'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  jwksUri = `https://localhost:${(server.address() as AddressInfo).port}/openid/v1/jwks`;
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

test('downloadKeys uses the certificate authority and the token of the cluster, and reads the token for each request', async () => {
  await writeFile(tokenFile, 'first\n');
  await expect(downloadKeys({ jwksUri, caFile, tokenFile })).rejects.toThrow('responded with status 403');
  await writeFile(tokenFile, 'second\n');
  await expect(downloadKeys({ jwksUri, caFile, tokenFile })).resolves.toEqual({ keys: [] });
});

test('downloadKeys refuses a server whose certificate has another authority', async () => {
  await expect(downloadKeys({ jwksUri, tokenFile })).rejects.toMatchObject({
    code: expect.stringMatching(/SELF_SIGNED|VERIFY/),
  });
});

test('downloadKeys fails with ENOENT when the token file is missing', async () => {
  await expect(downloadKeys({ jwksUri, caFile, tokenFile: join(folder, 'none') })).rejects.toMatchObject({
    code: 'ENOENT',
  });
});
