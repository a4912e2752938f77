import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Authority, type KeyAndCertificate, openAuthority } from '../../../local/certificates.ts';
import { toolKubeconfig } from '../../../local/kubeconfig.ts';
import { siteFolder } from '../../../scripts/test-overlay.ts';
import { type Json, kubectl } from '../pipeline/cluster.ts';

type GatewayResponse = { status: number; headers: IncomingMessage['headers']; text: string; json: Json };
export type CallOptions = { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal };

/** A client that calls the API through the gateway, with a tool's certificate or without one. */
export type Client = {
  /** Sends a request. @returns the response once its headers have arrived, with an unread body */
  open: (method: string, path: string, options?: CallOptions) => Promise<IncomingMessage>;
  call: (method: string, path: string, options?: CallOptions) => Promise<GatewayResponse>;
};

export type Gateway = {
  url: string;
  /** Folder for the files of one test run. `close` removes this folder. */
  folder: string;
  /** Returns a client with a certificate of the tool. @param tool undefined: the client has no certificate */
  client: (tool: string | undefined) => Promise<Client>;
  /** Returns a client whose certificate is signed by an authority that the gateway does not trust. */
  stranger: (tool: string) => Promise<Client>;
  /** Writes a kubeconfig with a tool's certificate. @returns the path of the kubeconfig */
  kubeconfig: (tool: string) => Promise<string>;
  close: () => Promise<void>;
};

type NodeList = { items: { status: { addresses: { type: string; address: string }[] } }[] };
type Service = { spec: { ports: { nodePort: number }[] } };

/** Returns the gateway's address: its port on a node, or TEST_GATEWAY (host:port) where no node can be reached. */
export const gatewayAddress = async (): Promise<{ host: string; port: number }> => {
  const [host, port] = process.env.TEST_GATEWAY?.split(':') ?? [];
  if (host) return { host, port: Number(port) };
  const nodes = JSON.parse(await kubectl(['get', 'nodes', '-o', 'json'])) as NodeList;
  const words = ['get', 'service', 'gateway', '--namespace', 'image-build', '-o', 'json'];
  const service = JSON.parse(await kubectl(words)) as Service;
  const address = nodes.items[0]?.status.addresses.find(({ type }) => type === 'InternalIP')?.address;
  return { host: address ?? '', port: service.spec.ports[0]?.nodePort ?? 0 };
};

/** Opens a tunnel from a port of localhost to the gateway, whose certificate is for localhost. */
const openTunnel = async (): Promise<{ port: number; close: () => void }> => {
  const target = await gatewayAddress();
  // TCP's noDelay is set, since otherwise the end of a response may wait 40 ms for the acknowledgement of its
  // beginning.
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ ...target, noDelay: true });
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // The tunnel does not keep the process alive, so that a test that fails before close() can still end.
  server.unref();
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
};

const createClient = (port: number, ca: string, own: KeyAndCertificate | undefined): Client => {
  const tls = { ca, servername: 'localhost', ...(own ? { key: own.key, cert: own.certificate } : {}) };
  const open: Client['open'] = (method, path, { body, headers = {}, signal } = {}) =>
    new Promise((resolve, reject) => {
      const content = body === undefined ? {} : { 'content-type': 'application/json' };
      const options = { method, path, port, host: '127.0.0.1', agent: false as const, ...tls };
      const sent = httpsRequest({ ...options, headers: { ...content, ...headers }, ...(signal ? { signal } : {}) });
      sent.on('response', resolve).on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const parse = (body: string): Json => {
    try {
      return JSON.parse(body) as Json;
    } catch {
      return {};
    }
  };
  return {
    open,
    call: async (method, path, options) => {
      const response = await open(method, path, options);
      const received = await text(response);
      return { status: response.statusCode ?? 0, headers: response.headers, text: received, json: parse(received) };
    },
  };
};

/** Opens the deployed gateway of knative/overlays/test, with the certificate authority that `npm run images` made. */
export const openGateway = async (): Promise<Gateway> => {
  const authority = await openAuthority(join(siteFolder, 'authority.json'));
  const folder = await mkdtemp(join(tmpdir(), 'builds-e2e-'));
  const other = await openAuthority(join(folder, 'stranger.json'));
  const { port, close } = await openTunnel();
  const url = `https://localhost:${port}`;
  const issue = (by: Authority, tool: string) => by.issue(`O=toolforge,CN=${tool}`);
  const clientWith = (own: KeyAndCertificate | undefined) => createClient(port, authority.certificate, own);
  return {
    url,
    folder,
    client: async (tool) => clientWith(tool === undefined ? undefined : await issue(authority, tool)),
    stranger: async (tool) => clientWith(await issue(other, tool)),
    kubeconfig: async (tool) => {
      const file = join(folder, `${tool}.kubeconfig`);
      const content = toolKubeconfig(tool, url, authority.certificate, await issue(authority, tool));
      await writeFile(file, content, { mode: 0o600 });
      return file;
    },
    close: async () => {
      close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
