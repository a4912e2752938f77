import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type GitServer, serveGit } from '../../../../../local/git-server.ts';
import { backend, type Listening, serve } from '../../../lib/source/git-server.ts';
import { makeRepository, type RepositoryFiles, runClone, type Submodule } from './clone-run.ts';

let repositories: string;
let app: string;
let git: GitServer;
/** A server with the same repositories at another port, so that it is not the server of the repository that is built. */
let other: GitServer;
let library: string;
const servers: Listening[] = [];

/** Settings with which submodules may be on any server of this machine. */
const local = { SOURCE_ALLOW_HTTP: 'true', SOURCE_ALLOWED_ADDRESSES: '10.1.0.0/16,127.0.0.0/8' };

beforeAll(async () => {
  repositories = await mkdtemp(join(tmpdir(), 'submodules-'));
  git = await serveGit({ folder: repositories });
  other = await serveGit({ folder: repositories });
  library = makeRepository(repositories, 'library.git', { files: { 'lib.txt': 'library\n' } });
});
afterAll(async () => {
  await Promise.all([git, other, ...servers].map((server) => server.close()));
  await rm(repositories, { recursive: true, force: true });
});
beforeEach(async () => {
  app = await mkdtemp(join(tmpdir(), 'app-'));
});
afterEach(() => rm(app, { recursive: true, force: true }));

const module = (url: string): Submodule => ({ path: 'lib', commit: library, lines: [`url = ${url}`] });

let made = 0;
/** Makes a repository and runs clone.sh on it. */
const clone = async (content: RepositoryFiles, settings: Record<string, string> = {}) => {
  made += 1;
  const commit = makeRepository(repositories, `tool-${made}.git`, { files: { 'a.txt': 'a\n' }, ...content });
  return runClone({ url: `${git.url}/tool-${made}.git`, commit, app, settings });
};

const expectRefused = ({ exitCode, output }: { exitCode: number; output: string }, sentence: string) => {
  expect(output).toContain(sentence);
  expect(output).toContain('[clone] ERROR: The submodule at lib: ');
  expect(exitCode).toBe(128);
};

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
    expect(await readdir(join(app, 'lib'))).toEqual([]);
  });

  test('on another private server than the one of the repository', async () => {
    const run = await clone({ submodules: [module(`${other.url}/library.git`)] }, { SOURCE_ALLOW_HTTP: 'true' });
    expectRefused(run, '127.0.0.1 leads to an address that is not on the public Internet.');
  });

  test('at the metadata address of a cloud, also in a network that is allowed', async () => {
    const settings = { ...local, SOURCE_ALLOWED_ADDRESSES: '169.254.0.0/16,0.0.0.0/0' };
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
    servers.push(server);
    const settings = { ...local, SOURCE_ALLOWED_ADDRESSES: '127.0.0.0/8' };
    expectRefused(await clone({ submodules: [module(`${server.url}/x`)] }, settings), sentence);
  });
});

describe('clone.sh connects git', () => {
  /** Makes a folder with a program getent that answers with these addresses, as a resolver of names would. */
  const resolver = async (addresses: readonly string[]): Promise<string> => {
    const folder = join(repositories, 'resolver');
    await mkdir(folder, { recursive: true });
    const answer = addresses.map((address) => `echo '${address} STREAM'`).join('\n');
    await writeFile(join(folder, 'getent'), `#!/bin/sh\n${answer}\n`, { mode: 0o755 });
    return `${folder}:${process.env.PATH}`;
  };

  test('to the addresses of a name that were checked, whatever the name leads to then', async () => {
    const server = await serve(backend(repositories));
    servers.push(server);
    const settings = { ...local, PATH: await resolver(['10.0.0.1', '127.0.0.1', '169.254.169.254']) };
    const { exitCode, output } = await clone(
      { submodules: [module(`http://Git.Example.Invalid.:${server.port}/library.git`)] },
      settings,
    );
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: expect.stringContaining('3 files, ') });
    expect(await readdir(join(app, 'lib'))).toEqual(['.git', 'lib.txt']);
  });

  test('to no address of a name that leads to private addresses only', async () => {
    const settings = { ...local, PATH: await resolver(['10.0.0.1', '169.254.169.254', 'fe80::1%eth0', '::1']) };
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
      if (path === '/x/info/refs') response.end(`${library}\trefs/heads/main\n`);
      else if (path === '/x/HEAD') response.end('ref: refs/heads/main\n');
      else if (path?.endsWith('alternates')) response.end(`${record.url}/stolen/objects\n`);
      else response.writeHead(404).end();
    });
    servers.push(record, plain);
    const { exitCode } = await clone({ submodules: [module(`${plain.url}/x`)] }, local);
    expect(exitCode).toBe(128);
    expect(asked).toEqual([]);
  });
});
