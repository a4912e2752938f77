import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { downloadKeys } from '../../../../lib/auth/issuer-keys.ts';
import { createTokenCheck } from '../../../../lib/auth/token.ts';
import { openAuthority } from '../../../../local/certificates.ts';
import { selfSigned, startSecureServer } from '../../../support/certificates.ts';

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

test.each([
  [
    'is not the one of the keys, with the file',
    true,
    /^the certificate of https:.* is not signed by .* read from .*other\.crt$/,
  ],
  [
    'is missing in the settings, with the setting',
    false,
    /^the certificate of https:.* is not signed by .* read from caFile of AUTH_ISSUERS$/,
  ],
])('downloadKeys names the certificate where its authority %s', async (_, isGiven, message) => {
  const other = join(folder, 'other.crt');
  await writeFile(other, (await selfSigned()).cert);
  await expect(downloadKeys({ jwksUri, ...(isGiven ? { caFile: other } : {}) })).rejects.toThrow(message);
});

test('downloadKeys says that the certificate of an issuer has expired', async () => {
  const expired = await startSecureServer((_, response) => void response.end('{"keys":[]}'), { days: [-3, -2] });
  const file = join(folder, 'expired.crt');
  await writeFile(file, expired.certificate);
  await expect(downloadKeys({ jwksUri: `${expired.url}/jwks`, caFile: file })).rejects.toThrow(
    /^the certificate of https:.*\/jwks has expired\. Renew it/,
  );
  await expired.close();
});

test.each(['caFile', 'tokenFile'])('a function does not start where the %s of an issuer is missing', (field) => {
  const issuer = { issuer: 'https://id.example.org', audience: 'a', jwksUri, claim: 'groups', prefix: 't.' };
  expect(() => createTokenCheck([{ ...issuer, [field]: '/nowhere/file' }])).toThrow(
    `AUTH_ISSUERS must be such that /nowhere/file, the ${field} of https://id.example.org, can be read (ENOENT)`,
  );
});

test('downloadKeys names the address of an issuer that does not respond', async () => {
  await expect(downloadKeys({ jwksUri: 'http://127.0.0.1:1/jwks' })).rejects.toThrow(
    'no response from http://127.0.0.1:1/jwks',
  );
});

test('downloadKeys uses the certificate authority and the token of the cluster, and reads the token for each request', async () => {
  await writeFile(tokenFile, 'first\n');
  await expect(downloadKeys({ jwksUri, caFile, tokenFile })).rejects.toThrow('responded with status 403');
  await writeFile(tokenFile, 'second\n');
  await expect(downloadKeys({ jwksUri, caFile, tokenFile })).resolves.toEqual({ keys: [] });
});

test('downloadKeys refuses a server whose certificate has another authority', async () => {
  await expect(downloadKeys({ jwksUri, tokenFile })).rejects.toMatchObject({
    cause: { code: expect.stringMatching(/SELF_SIGNED|VERIFY/) },
  });
});

test('downloadKeys fails with ENOENT when the token file is missing', async () => {
  await expect(downloadKeys({ jwksUri, caFile, tokenFile: join(folder, 'none') })).rejects.toMatchObject({
    code: 'ENOENT',
  });
});
