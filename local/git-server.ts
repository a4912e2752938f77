import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Listener } from '../lib/http/types.ts';
import { guarded } from './guarded.ts';
import { listen } from './listen.ts';
import { forOwnHosts } from './own-hosts.ts';

export type GitServerOptions = {
  /** Folder of the bare git repositories that the server serves. Default: a temporary folder. */
  folder?: string;
  /** Folders from which the server makes git repositories, by the repository's name. Each is served as `NAME.git`. */
  repositories?: Record<string, string>;
  host?: string;
  port?: number;
  /**
   * Version of git's protocol. Version 0 hides version 2 from clients, and then the server refuses to send commits by
   * hash. Default 2.
   */
  protocol?: 0 | 2;
};
export type GitServer = {
  /** URL of the git server, without a slash at the end. A repository is at `${url}/NAME.git`. */
  url: string;
  /** Hash of the commit in each git repository that the server made from a folder, by the repository's name. */
  commits: Record<string, string>;
  close(): Promise<void>;
};

const author = { name: 'Example', email: 'example@example.org', date: '2020-01-01T00:00:00Z' };
const commitEnvironment = {
  GIT_AUTHOR_NAME: author.name,
  GIT_AUTHOR_EMAIL: author.email,
  GIT_AUTHOR_DATE: author.date,
  GIT_COMMITTER_NAME: author.name,
  GIT_COMMITTER_EMAIL: author.email,
  GIT_COMMITTER_DATE: author.date,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
};

const gitOutput = (words: string[], environment: NodeJS.ProcessEnv = {}): Promise<string> =>
  new Promise((done, reject) => {
    const child = spawn('git', words, {
      env: { PATH: process.env.PATH, ...commitEnvironment, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? done(Buffer.concat(output).toString().trim())
        : reject(new Error(`git ${words[0]} ended with exit code ${code}`)),
    );
  });

/**
 * Commits the files of a folder to a new bare git repository, on the branch main, with a fixed author and date.
 * @returns the hash of the commit
 */
export const makeRepository = async (folder: string, bare: string): Promise<string> => {
  await mkdir(bare, { recursive: true });
  await gitOutput(['init', '--quiet', '--bare', '--template=', '--initial-branch=main', bare], { TMPDIR: bare });
  const environment = {
    TMPDIR: bare,
    GIT_DIR: bare,
    GIT_WORK_TREE: resolve(folder),
    GIT_INDEX_FILE: join(bare, 'index.make'),
  };
  await gitOutput(['-C', resolve(folder), 'add', '--all', '--force', '.'], environment);
  await gitOutput(
    ['-C', resolve(folder), 'commit', '--quiet', '--allow-empty', '--no-verify', '-m', 'Example'],
    environment,
  );
  await rm(environment.GIT_INDEX_FILE, { force: true });
  return gitOutput(['rev-parse', 'HEAD'], { GIT_DIR: bare });
};

/** Copies the output of git's CGI program into an HTTP response: headers, a blank line, and the body. */
const relay = (child: ChildProcess, response: ServerResponse): void => {
  let head = Buffer.alloc(0);
  const onData = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    child.stdout?.off('data', onData);
    const lines = head.subarray(0, end).toString().split('\r\n');
    const headers = lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
    const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200';
    response.writeHead(Number.parseInt(status, 10), Object.fromEntries(headers.filter(([name]) => name !== 'Status')));
    response.write(head.subarray(end + 4));
    child.stdout?.pipe(response);
  };
  child.stdout?.on('data', onData);
  child.on('close', () => {
    if (!response.headersSent) response.writeHead(500);
    response.end();
  });
};

const isRead = ({ method, url = '' }: IncomingMessage): boolean => {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  if (method === 'POST') return pathname.endsWith('/git-upload-pack');
  return (method === 'GET' || method === 'HEAD') && searchParams.get('service') !== 'git-receive-pack';
};

const cgiEnvironment = (request: IncomingMessage, root: string, protocol: 0 | 2): NodeJS.ProcessEnv => {
  const { pathname, search } = new URL(request.url ?? '/', 'http://localhost');
  const optional = {
    CONTENT_LENGTH: request.headers['content-length'],
    HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
    GIT_PROTOCOL: protocol === 2 ? request.headers['git-protocol'] : undefined,
  };
  return {
    PATH: process.env.PATH,
    TMPDIR: root,
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_COUNT: '3',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
    GIT_CONFIG_KEY_1: 'http.receivepack',
    GIT_CONFIG_VALUE_1: 'false',
    GIT_CONFIG_KEY_2: 'uploadpack.allowFilter',
    GIT_CONFIG_VALUE_2: 'true',
    PATH_INFO: decodeURIComponent(pathname),
    QUERY_STRING: search.slice(1),
    REQUEST_METHOD: request.method,
    CONTENT_TYPE: request.headers['content-type'] ?? '',
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  } as NodeJS.ProcessEnv;
};

/** Serves git repositories over smart HTTP, read only, for the demo and tests. */
export const serveGit = async (options: GitServerOptions): Promise<GitServer> => {
  const own = options.folder === undefined ? await mkdtemp(join(tmpdir(), 'git-')) : undefined;
  const root = resolve(options.folder ?? own ?? '');
  const commits: Record<string, string> = {};
  for (const [name, folder] of Object.entries(options.repositories ?? {})) {
    commits[name] = await makeRepository(folder, join(root, `${name}.git`));
  }
  const host = options.host ?? '127.0.0.1';
  const serve: Listener = (request, response) => {
    if (!isRead(request)) return response.writeHead(403).end('Read only\n');
    const env = cgiEnvironment(request, root, options.protocol ?? 2);
    const child = spawn('git', ['http-backend'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdin.on('error', () => undefined);
    request.pipe(child.stdin);
    response.on('close', () => child.kill());
    return relay(child, response);
  };
  const server = createServer(guarded(host === '127.0.0.1' ? forOwnHosts(serve) : serve));
  const port = await listen(server, options.port ?? 0, 'GIT_PORT', host);
  return {
    url: `http://${host}:${port}`,
    commits,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      if (own !== undefined) await rm(own, { recursive: true, force: true });
    },
  };
};
