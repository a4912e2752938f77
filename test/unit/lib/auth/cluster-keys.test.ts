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

/** As the API server: a certificate of its own authority, and keys for who has a token. */
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

test("the cluster's keys are had with its authority and a token, which is read each time", async () => {
  await writeFile(tokenFile, 'first\n');
  await expect(downloadKeys({ jwksUri, caFile, tokenFile })).rejects.toThrow('answered 403');
  await writeFile(tokenFile, 'second\n');
  await expect(downloadKeys({ jwksUri, caFile, tokenFile })).resolves.toEqual({ keys: [] });
});

test('a server of another authority is not believed', async () => {
  await expect(downloadKeys({ jwksUri, tokenFile })).rejects.toMatchObject({
    code: expect.stringMatching(/SELF_SIGNED|VERIFY/),
  });
});

test('a token that is not there is told', async () => {
  await expect(downloadKeys({ jwksUri, caFile, tokenFile: join(folder, 'none') })).rejects.toMatchObject({
    code: 'ENOENT',
  });
});
