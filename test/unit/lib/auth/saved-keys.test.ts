import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createAuthenticate } from '../../../../lib/auth/authenticate.ts';
import { readSavedKeys, saveKeys } from '../../../../lib/auth/saved-keys.ts';
import { createTokenCheck } from '../../../../lib/auth/token.ts';
import type { TrustedIssuer } from '../../../../lib/auth/trusted-issuers.ts';
import { newPrivateKey, published } from '../../../support/auth/keys.ts';
import { signedTokens } from '../../../support/auth/tokens.ts';
import { startServer, type TestServer } from '../../../support/server.ts';

let folder: string;
let server: TestServer;
let away: boolean;
let issuer: TrustedIssuer;
let kid: string;
let key: Awaited<ReturnType<typeof newPrivateKey>>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'saved-'));
  key = await newPrivateKey();
  away = false;
  kid = 'one';
  server = await startServer((_, response) =>
    away ? response.writeHead(503).end() : response.end(JSON.stringify(published(key, kid))),
  );
  issuer = {
    issuer: 'https://id.example.org',
    audience: 'builds-api',
    jwksUri: server.url,
    claim: 'groups',
    prefix: 'tools.',
  };
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** Returns options for saveKeys that write the entries of the ConfigMap as files, as the kubelet mounts them. */
const saveOptions = (logged: unknown[] = []) => ({
  kube: {
    patch: async (_resource: string, _name: string, { data }: { data: Record<string, string> }) => {
      await Promise.all(Object.entries(data).map(([name, text]) => writeFile(join(folder, name), text)));
    },
  },
  issuers: [issuer],
  configMap: 'issuer-keys',
  log: (...line: unknown[]) => void logged.push(line),
  now: () => new Date(),
});

const token = () =>
  signedTokens({
    issuer: issuer.issuer,
    audience: issuer.audience,
    otherIssuer: 'https://other.example.org',
    key,
    kid,
    claims: () => ({ groups: ['tools.mine'] }),
  }).valid('mine');

/** Authenticates with a new token check, as in a function that has just started. */
const authenticateAfterStart = async () =>
  createAuthenticate([createTokenCheck([issuer], { keysFolder: folder })])({
    authorization: `Bearer ${await token()}`,
  });

test('a function that starts while the issuer is away accepts tokens with the saved keys', async () => {
  away = true;
  await expect(authenticateAfterStart()).rejects.toMatchObject({ status: 503 });
  away = false;
  await saveKeys(saveOptions());
  away = true;
  await expect(authenticateAfterStart()).resolves.toMatchObject({ tools: ['mine'] });
  await saveKeys(saveOptions());
  await expect(authenticateAfterStart()).resolves.toMatchObject({ tools: ['mine'] });
});

test('a key that is newer than the saved keys is downloaded', async () => {
  await saveKeys(saveOptions());
  key = await newPrivateKey();
  kid = 'two';
  await expect(authenticateAfterStart()).resolves.toMatchObject({ tools: ['mine'] });
});

test.each([
  '',
  '{}',
  '{"issuer":"https://id.example.org","at":1}',
  '{"issuer":"https://evil.example.org","at":1,"keys":{"keys":[]}}',
  '{"issuer":"https://id.example.org","at":1,"keys":{"keys":[null]}}',
  '{"issuer":"https://id.example.org","at":1,"keys":{"keys":[[]]}}',
])('the saved keys %j are ignored', async (text) => {
  await saveKeys(saveOptions());
  const [name = ''] = await readdir(folder);
  await writeFile(join(folder, name), text);
  expect(readSavedKeys(folder, issuer.issuer)).toBeUndefined();
  await expect(authenticateAfterStart()).resolves.toMatchObject({ tools: ['mine'] });
});

test('saveKeys logs an issuer that is away, and keeps its saved keys', async () => {
  away = true;
  const logged: unknown[] = [];
  await saveKeys(saveOptions(logged));
  expect(logged).toEqual([
    ['WARNING', expect.stringContaining('its saved keys stay'), expect.objectContaining({ issuer: issuer.issuer })],
  ]);
});
