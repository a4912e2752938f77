import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { request } from 'node:https';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { exportRequestMetrics } from '../../../../lib/metrics/request-exporter.ts';
import { type KeyAndCertificate, openAuthority } from '../../../../local/certificates.ts';
import { type Connection, openConnection } from '../../../support/connection.ts';
import { startServer } from '../../../support/server.ts';

/**
 * Folder below which Debian's packages nginx and libnginx-mod-http-headers-more-filter are unpacked, such as `/`. The
 * tests of the gateway's nginx are skipped without it.
 */
export const nginxFolder = process.env.NGINX_FOLDER;

const source = join(import.meta.dirname, '../../../../knative/charts/builds-api/files/gateway');

type NginxRequest = {
  path?: string;
  headers?: Record<string, string | string[]>;
  /** Client certificate for the request. Default: none. */
  certificate?: KeyAndCertificate;
};

/** A response of the gateway. `received` has the headers of the request as a function received them. */
type NginxResponse = { status: number; received: IncomingHttpHeaders };

export type Nginx = {
  /** Folder with the folder tmp, which takes the place of /tmp in the gateway's pod. */
  folder: string;
  send: (options: NginxRequest) => Promise<NginxResponse>;
  /** Opens a connection by TLS. @param certificate client certificate. Default: none */
  open: (certificate?: KeyAndCertificate) => Promise<Connection>;
  /** Opens a connection without TLS to the same port. */
  openPlain: () => Promise<Connection>;
  /** Returns what the gateway has written to its log of errors. */
  log: () => string;
  /** Certificate of the authority in ca.crt, in PEM. */
  authority: string;
  /** Returns a client certificate of a tool. */
  certificateOf: (tool: string) => Promise<KeyAndCertificate>;
  /** Returns a client certificate with a subject, signed by the authority of ca.crt. */
  issue: (subject: string) => Promise<KeyAndCertificate>;
  /** Returns the metrics that the gateway's second container shows. */
  metrics: () => Promise<string>;
  /** Changes keys of a Secret that the gateway mounts. */
  writeSecret: (name: string, keys: Record<string, string>) => Promise<void>;
  /** Returns the keys of a Secret that the gateway mounts. */
  readSecret: (name: string) => Promise<Record<string, string>>;
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

type Places = { folder: string; port: number; functions: string; logPort: number };

type NginxOptions = {
  /** Texts of nginx.conf and what replaces them. */
  changes?: [string, string][];
  /** Rounds of five seconds for which the gateway sends its former secret. Default: as in the gateway's pod. */
  formerRounds?: number;
  /** Environment of start.sh. */
  environment?: Record<string, string>;
  /** Listener of the server that takes the place of all functions. Default: responds with the headers of the request. */
  listener?: RequestListener;
};

/** Writes the gateway's files into a folder, with the addresses and paths of this test. */
const writeConfiguration = async (
  { folder, port, functions, logPort }: Places,
  { changes = [], formerRounds = 60 }: NginxOptions,
): Promise<void> => {
  const places: Record<string, string> = {
    '/etc/gateway/': `${folder}/config/`,
    '/secrets/': `${folder}/secrets/`,
    '/tmp/': `${folder}/tmp/`,
    '/usr/lib/nginx/': join(nginxFolder ?? '/', 'usr/lib/nginx/'),
  };
  const ofNginx: [string, string][] = [
    ['listen 8443 ssl', `listen 127.0.0.1:${port} ssl`],
    ['kourier-internal.kourier-system.svc:80', new URL(functions).host],
    ['syslog:server=127.0.0.1:9001', `syslog:server=127.0.0.1:${logPort}`],
    ...changes,
  ];
  const replacements: Record<string, [string, string][]> = {
    'nginx.conf': ofNginx,
    'start.sh': [['former_rounds=60', `former_rounds=${formerRounds}`]],
  };
  await mkdir(join(folder, 'config'));
  await mkdir(join(folder, 'tmp'));
  for (const name of await readdir(source)) {
    if (!/\.(conf|sh)$/.test(name)) continue;
    const original = await readFile(join(source, name), 'utf8');
    let text = original.replace(new RegExp(Object.keys(places).join('|'), 'g'), (place) => places[place] ?? place);
    for (const [from, to] of replacements[name] ?? []) {
      if (!text.includes(from)) throw new Error(`${name} has no ${from}`);
      text = text.replace(from, to);
    }
    await writeFile(join(folder, 'config', name), text);
  }
};

/** Writes a Secret as the kubelet mounts it: a file for each key. */
const writeSecret = async (folder: string, name: string, keys: Record<string, string>): Promise<void> => {
  await mkdir(join(folder, 'secrets', name), { recursive: true });
  for (const [key, value] of Object.entries(keys)) await writeFile(join(folder, 'secrets', name, key), value);
};

const echoHeaders: RequestListener = (req, res) => void res.end(JSON.stringify(req.headers));

/** Starts the gateway as its container does, in front of a server that takes the place of all functions. */
export const startNginx = async (options: NginxOptions = {}): Promise<Nginx> => {
  const { environment = {}, listener = echoHeaders } = options;
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'));
  // nginx's workers have another user than a test that runs as root, and keep large bodies in this folder.
  await chmod(folder, 0o711);
  const authority = await openAuthority(join(folder, 'authority.json'));
  const own = await authority.issue('CN=localhost', ['localhost']);
  const mounted = { 'tls.key': own.key, 'tls.crt': own.certificate, 'ca.crt': authority.certificate };
  await writeSecret(folder, 'gateway-tls', mounted);
  await writeSecret(folder, 'gateway', { secret: 's3cret' });
  const functions = await startServer(listener);
  const exporter = await exportRequestMetrics(0, 0);
  const port = await freePort();
  await writeConfiguration({ folder, port, functions: functions.url, logPort: exporter.logPort }, options);
  const programs = `${join(nginxFolder ?? '/', 'usr/sbin')}:${process.env.PATH}`;
  const env = { ...process.env, PATH: programs, NAMESPACE: 'image-build', ...environment };
  const nginx = spawn('sh', [join(folder, 'config/start.sh')], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let logged = '';
  nginx.stderr.setEncoding('utf8').on('data', (part: string) => {
    logged += part;
  });
  const close = async (): Promise<void> => {
    nginx.kill('SIGTERM');
    if (nginx.exitCode === null) await once(nginx, 'exit');
    await functions.close();
    await exporter.close();
    await rm(folder, { recursive: true });
  };
  while (!(await isOpen(port))) {
    if (nginx.exitCode === null) continue;
    await close();
    throw new Error(logged);
  }
  const tls = (certificate?: KeyAndCertificate) => ({
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: authority.certificate,
    ...(certificate ? { key: certificate.key, cert: certificate.certificate } : {}),
  });
  return {
    folder,
    authority: authority.certificate,
    log: () => logged,
    send: async ({ path = '/builds/v1/healthz', headers = {}, certificate }) => {
      const sent = request({ ...tls(certificate), agent: false, path, headers }).end();
      const [response] = await once(sent, 'response');
      const body = await text(response);
      return { status: response.statusCode, received: JSON.parse(body) };
    },
    open: async (certificate) => {
      const socket = connectTls(tls(certificate));
      const connection = openConnection(socket);
      await once(socket, 'secureConnect');
      return connection;
    },
    openPlain: async () => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return openConnection(socket);
    },
    certificateOf: (tool) => authority.issue(`O=toolforge,CN=${tool}`),
    issue: authority.issue,
    metrics: async () => (await fetch(`http://127.0.0.1:${exporter.metricsPort}/metrics`)).text(),
    writeSecret: (name, keys) => writeSecret(folder, name, keys),
    readSecret: async (name) => {
      const place = join(folder, 'secrets', name);
      const keys = await readdir(place);
      return Object.fromEntries(
        await Promise.all(keys.map(async (key) => [key, await readFile(join(place, key), 'utf8')])),
      );
    },
    close,
  };
};
