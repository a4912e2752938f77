import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type KeyAndCertificate, openAuthority } from '../../../../local/certificates.ts';
import { startServer } from '../../../support/server.ts';

/**
 * Folder below which Debian's packages nginx and libnginx-mod-http-headers-more-filter are unpacked, such as `/`. The
 * tests of the gateway's nginx are skipped without it.
 */
export const nginxFolder = process.env.NGINX_FOLDER;

const source = join(import.meta.dirname, '../../../../knative/gateway');

type NginxRequest = {
  path?: string;
  headers?: Record<string, string | string[]>;
  /** Client certificate for the request. Default: none. */
  certificate?: KeyAndCertificate;
};

/** A response of the gateway. `received` has the headers of the request as a function received them. */
type NginxResponse = { status: number; received: IncomingHttpHeaders };

export type Nginx = {
  send: (options: NginxRequest) => Promise<NginxResponse>;
  /** Returns a client certificate of a tool. */
  certificateOf: (tool: string) => Promise<KeyAndCertificate>;
  close: () => Promise<void>;
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
};

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });

type Places = { folder: string; port: number; functions: string };

/** Writes the gateway's configuration into a folder, with the addresses and paths of this test. */
const writeConfiguration = async ({ folder, port, functions }: Places, changes: [string, string][]): Promise<void> => {
  const original = await readFile(join(source, 'nginx.conf'), 'utf8');
  const replacements: [string | RegExp, string][] = [
    [/\/(?:etc\/gateway|secrets\/gateway-tls|tmp)\//g, `${folder}/`],
    ['/usr/lib/nginx/', join(nginxFolder ?? '/', 'usr/lib/nginx/')],
    ['listen 8443 ssl', `listen 127.0.0.1:${port} ssl`],
    ['kourier-internal.kourier-system.svc.cluster.local:80', new URL(functions).host],
    ...changes,
  ];
  const configuration = replacements.reduce((text, [from, to]) => {
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`nginx.conf has no ${from}`);
    return changed;
  }, original);
  await writeFile(join(folder, 'nginx.conf'), configuration);
  await writeFile(join(folder, 'routes.conf'), await readFile(join(source, 'routes.conf')));
  await writeFile(join(folder, 'secret.conf'), 'map $tool $secret { default "s3cret"; "" ""; }\n');
};

/**
 * Starts nginx with the gateway's configuration, in front of a server that takes the place of all functions.
 * @param changes texts of nginx.conf and what replaces them
 */
export const startNginx = async (changes: [string, string][] = []): Promise<Nginx> => {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'));
  const authority = await openAuthority(join(folder, 'authority.json'));
  const own = await authority.issue('CN=localhost', ['localhost']);
  await writeFile(join(folder, 'tls.key'), own.key);
  await writeFile(join(folder, 'tls.crt'), own.certificate);
  await writeFile(join(folder, 'ca.crt'), authority.certificate);
  const functions = await startServer((req, res) => res.end(JSON.stringify(req.headers)));
  const port = await freePort();
  await writeConfiguration({ folder, port, functions: functions.url }, changes);
  const program = join(nginxFolder ?? '/', 'usr/sbin/nginx');
  const nginx = spawn(program, ['-e', 'stderr', '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const failure = text(nginx.stderr);
  while (!(await isOpen(port))) if (nginx.exitCode !== null) throw new Error(await failure);
  return {
    send: async ({ path = '/builds/v1/healthz', headers = {}, certificate }) => {
      const client = certificate ? { key: certificate.key, cert: certificate.certificate } : {};
      const options = {
        port,
        host: '127.0.0.1',
        servername: 'localhost',
        ca: authority.certificate,
        agent: false as const,
      };
      const sent = request({ ...options, ...client, path, headers }).end();
      const [response] = await once(sent, 'response');
      const body = await text(response);
      return { status: response.statusCode, received: JSON.parse(body) };
    },
    certificateOf: (tool) => authority.issue(`O=toolforge,CN=${tool}`),
    close: async () => {
      nginx.kill('SIGTERM');
      if (nginx.exitCode === null) await once(nginx, 'exit');
      await functions.close();
      await rm(folder, { recursive: true });
    },
  };
};
