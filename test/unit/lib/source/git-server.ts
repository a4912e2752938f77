import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Listening = { url: string; port: number; close(): Promise<void> };

/** Starts a server on a free port of 127.0.0.1. `close` also closes the server's open connections. */
export const listen = async (server: Server, scheme = 'http'): Promise<Listening> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${scheme}://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
};

export const serve = (listener: RequestListener): Promise<Listening> => listen(createServer(listener));

const identity = ['Test', 'test@example.org'] as const;
const environment = {
  PATH: process.env.PATH ?? '',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: identity[0],
  GIT_AUTHOR_EMAIL: identity[1],
  GIT_COMMITTER_NAME: identity[0],
  GIT_COMMITTER_EMAIL: identity[1],
};

export const git = (folder: string, ...words: string[]): string =>
  execFileSync('git', ['-C', folder, ...words], { env: environment, encoding: 'utf8' }).trim();

export type Repositories = { root: string; remove(): void };

export const createRoot = (): Repositories => {
  const root = mkdtempSync(join(tmpdir(), 'source-'));
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
};

export const createRepository = (root: string, name: string, ...options: string[]): string => {
  const folder = join(root, name);
  mkdirSync(folder);
  git(folder, 'init', '-q', '-b', 'main', ...options, '.');
  return folder;
};

export const commit = (folder: string, text: string): string => {
  writeFileSync(join(folder, 'file.txt'), text);
  git(folder, 'add', '.');
  git(folder, 'commit', '-q', '-m', text);
  return git(folder, 'rev-parse', 'HEAD');
};

const environmentOf = (root: string, request: IncomingMessage, protocol: string | undefined): NodeJS.ProcessEnv => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  return {
    ...environment,
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    REQUEST_METHOD: request.method ?? 'GET',
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    CONTENT_TYPE: request.headers['content-type'] ?? '',
    CONTENT_LENGTH: request.headers['content-length'] ?? '',
    REMOTE_ADDR: '127.0.0.1',
    ...(protocol === undefined ? {} : { GIT_PROTOCOL: protocol }),
  };
};

/** Sends the output of a CGI program as a response: the header block becomes headers, all other bytes the body. */
const relay = async (output: AsyncIterable<Buffer>, response: ServerResponse): Promise<void> => {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of output) {
    if (head === undefined) {
      response.write(chunk);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) continue;
    for (const line of head.toString('latin1', 0, end).split('\r\n')) {
      const [name = '', value = ''] = line.split(/: (.*)/s);
      if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.write(head.subarray(end + 4));
    head = undefined;
  }
  response.end();
};

/** Serves repositories with git http-backend. `version` overrides the git protocol version that a client requests. */
export const backend =
  (root: string, options: { version?: 0 | 1 } = {}): RequestListener =>
  (request, response) => {
    const requested = request.headers['git-protocol'];
    const protocol = options.version === undefined ? String(requested) : `version=${options.version}`;
    const child = spawn('git', ['http-backend'], { env: environmentOf(root, request, protocol), stdio: 'pipe' });
    child.stdin.on('error', () => undefined);
    request.pipe(child.stdin);
    child.stderr.resume();
    relay(child.stdout, response).catch(() => response.destroy());
  };
