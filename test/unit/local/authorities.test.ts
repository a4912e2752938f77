import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Authority, openAuthority } from '../../../local/certificates.ts';

let folder: string;
let authority: Authority;
let server: Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'authorities-'));
  authority = await openAuthority(join(folder, 'authority.json'));
  const { certificate, key } = await authority.issue('CN=localhost', ['localhost']);
  server = createServer({ cert: certificate, key }, (_, response) => response.end('hello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await writeFile(join(folder, 'ca.pem'), `# two certificates\n${authority.certificate}\n${authority.certificate}`);
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true, force: true });
});

/** Requests the page of the server in a process of its own, because authorities are trusted by a whole process. */
const load = (env: Record<string, string>): Promise<string> => {
  const file = join(import.meta.dirname, '../../../local/authorities.ts');
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  const get = `import('node:https').then(({ get }) => get('${url}', (response) => response.pipe(process.stdout)))`;
  const script = `import('${file}').then(({ trustAuthorities }) => trustAuthorities(process.env)).then(() => ${get})`;
  return new Promise((resolve) => {
    execFile(process.execPath, ['-e', script], { env }, (_, stdout, stderr) => resolve(stdout || stderr));
  });
};

test.each(['GIT_SSL_CAINFO', 'SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE'])(
  'the embedded platform trusts the authorities in the file of %s',
  async (variable) => {
    expect(await load({ [variable]: join(folder, 'ca.pem') })).toBe('hello');
  },
);

test('the embedded platform trusts no other authority, and names a variable whose file it can not read', async () => {
  expect(await load({})).toMatch(/SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO/);
  expect(await load({ SSL_CERT_FILE: '/nowhere.pem' })).toContain(
    "SSL_CERT_FILE names /nowhere.pem, which can't be read",
  );
});
