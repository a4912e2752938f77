import { mkdir, readdir, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { backend, serve } from '../../../lib/source/git-server.ts';
import { expectRefused, localServers, useClones } from './clone-run.ts';

const clones = useClones();
const { clone, module } = clones;

describe('clone.sh refuses a submodule', () => {
  test.each([
    ['file:///etc', 'no other scheme'],
    ['--upload-pack=id', 'looks like a command line option'],
    ['../../../../../etc', 'not complete'],
    ['http://example.org/x', 'unencrypted http://'],
    ['https://no-such-host.invalid/x', "host name doesn't exist"],
    ['https://10.0.0.1/x.git', 'not on the public Internet'],
    ['https://localhost/x.git', 'not on the public Internet'],
    ['https://2130706433/x.git', 'not on the public Internet'],
    ['https://[::ffff:10.0.0.1]/x.git', 'not on the public Internet'],
    ['"https://example.org/x\\n[clone] done"', 'a space, a backslash or a control character'],
    ['https://example.org/%0ax', 'an encoded control character'],
    ['https://bücher.example/x', 'in its ASCII form, which begins with xn--.'],
    ['.git/modules/x', 'not complete'],
  ])('at the address %s', async (url, sentence) => {
    expectRefused(await clone({ submodules: [module(url)] }), sentence);
    expect(await readdir(join(clones.app, 'lib'))).toEqual([]);
  });

  test('on another private server than the one of the repository', async () => {
    const run = await clone({ submodules: [module(`${clones.other.url}/library.git`)] }, { SOURCE_ALLOW_HTTP: 'true' });
    expectRefused(run, '127.0.0.1 leads to an address that is not on the public Internet.');
  });

  test('at the metadata address of a cloud, also in a network that is allowed', async () => {
    const settings = { ...localServers, SOURCE_ALLOWED_ADDRESSES: '169.254.0.0/16,0.0.0.0/0' };
    expectRefused(await clone({ submodules: [module('http://169.254.169.254/x')] }, settings), 'not on the public');
  });

  test.each<[string, (port: number) => string, string]>([
    ['to a private address', () => 'http://10.0.0.1/x/info/refs?service=git-upload-pack', 'not on the public'],
    ['to a file', () => 'file:///etc/info/refs?service=git-upload-pack', 'no other scheme'],
    ['to the server of a private address', () => '//10.0.0.1/x/info/refs?service=git-upload-pack', 'not on the public'],
    ['to a relative address', () => 'x/info/refs?service=git-upload-pack', 'redirects elsewhere'],
    ['for ever', (port) => `http://127.0.0.1:${port}/x/info/refs?service=git-upload-pack`, 'redirects elsewhere'],
    ['to a page', (port) => `http://127.0.0.1:${port}/login`, 'redirects elsewhere'],
  ])('whose server redirects %s', async (_, locate, sentence) => {
    const redirecting: RequestListener = (request, response) =>
      response.writeHead(302, { Location: locate(request.socket.localPort ?? 0) }).end();
    const server = await serve(redirecting);
    clones.servers.push(server);
    const settings = { ...localServers, SOURCE_ALLOWED_ADDRESSES: '127.0.0.0/8' };
    expectRefused(await clone({ submodules: [module(`${server.url}/x`)] }, settings), sentence);
  });
});

describe('clone.sh connects git', () => {
  /** Makes a folder with a program getent that answers with these addresses, as a resolver of names would. */
  const resolver = async (addresses: readonly string[]): Promise<string> => {
    const folder = join(clones.repositories, 'resolver');
    await mkdir(folder, { recursive: true });
    const answer = addresses.map((address) => `echo '${address} STREAM'`).join('\n');
    await writeFile(join(folder, 'getent'), `#!/bin/sh\n${answer}\n`, { mode: 0o755 });
    return `${folder}:${process.env.PATH}`;
  };

  test('to the addresses of a name that were checked, whatever the name leads to then', async () => {
    const server = await serve(backend(clones.repositories));
    clones.servers.push(server);
    const settings = { ...localServers, PATH: await resolver(['10.0.0.1', '127.0.0.1', '169.254.169.254']) };
    const { exitCode, output } = await clone(
      { submodules: [module(`http://Git.Example.Invalid.:${server.port}/library.git`)] },
      settings,
    );
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: expect.stringContaining('3 files, ') });
    expect(await readdir(join(clones.app, 'lib'))).toEqual(['.git', 'lib.txt']);
  });

  test('to no address of a name that leads to private addresses only', async () => {
    const settings = { ...localServers, PATH: await resolver(['10.0.0.1', '169.254.169.254', 'fe80::1%eth0', '::1']) };
    const run = await clone({ submodules: [module('http://git.example.invalid/library.git')] }, settings);
    expectRefused(run, 'git.example.invalid leads to an address that is not on the public Internet.');
  });

  test('to no server that the list of alternates of another server names', async () => {
    const asked: string[] = [];
    const record = await serve((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(404).end();
    });
    // A server of the older protocol, which has files only.
    const plain = await serve((request, response) => {
      const path = request.url?.split('?')[0];
      if (path === '/x/info/refs') response.end(`${clones.library}\trefs/heads/main\n`);
      else if (path === '/x/HEAD') response.end('ref: refs/heads/main\n');
      else if (path?.endsWith('alternates')) response.end(`${record.url}/stolen/objects\n`);
      else response.writeHead(404).end();
    });
    clones.servers.push(record, plain);
    const { exitCode } = await clone({ submodules: [module(`${plain.url}/x`)] }, localServers);
    expect(exitCode).toBe(128);
    expect(asked).toEqual([]);
  });
});
