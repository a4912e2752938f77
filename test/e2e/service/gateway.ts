import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Authority, type KeyAndCertificate, openAuthority } from '../../../local/certificates.ts';
import { toolKubeconfig } from '../../../local/kubeconfig.ts';
import { siteFolder } from '../../../scripts/test-site.ts';
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
  /** Returns the environment of a command-line client that has a tool's kubeconfig. */
  environment: (tool: string) => Promise<NodeJS.ProcessEnv>;
  close: () => Promise<void>;
};

/** Namespace of the gateway, and name of its Service there. */
export const gatewayNamespace = 'builds-api';
const gatewayService = 'builds-api';

/** Host and port of the gateway for pods. */
export const gatewayHost = `${gatewayService}.${gatewayNamespace}.svc:8443`;

type NodeList = { items: { status: { addresses: { type: string; address: string }[] } }[] };
type Service = { spec: { ports: { nodePort: number }[] } };

type Address = { host: string; port: number };

/** Returns the address of a Service with a port on the nodes. */
export const nodePortAddress = async (namespace: string, name: string): Promise<Address> => {
  const nodes = JSON.parse(await kubectl(['get', 'nodes', '-o', 'json'])) as NodeList;
  const words = ['get', 'service', name, '--namespace', namespace, '-o', 'json'];
  const service = JSON.parse(await kubectl(words)) as Service;
  const address = nodes.items[0]?.status.addresses.find(({ type }) => type === 'InternalIP')?.address;
  return { host: address ?? '', port: service.spec.ports[0]?.nodePort ?? 0 };
};

/** Returns the gateway's address: its port on a node, or TEST_GATEWAY (host:port) where no node can be reached. */
export const gatewayAddress = async (): Promise<Address> => {
  const [host, port] = process.env.TEST_GATEWAY?.split(':') ?? [];
  return host ? { host, port: Number(port) } : nodePortAddress(gatewayNamespace, gatewayService);
};

/** Opens a tunnel from a port of localhost to a gateway, whose certificate is for localhost. */
const openTunnel = async (target: Address): Promise<{ port: number; close: () => void }> => {
  // TCP's noDelay is set, since otherwise the end of a response may wait 40 ms for the acknowledgement of its
  // beginning. Each direction ends by itself: the gateway ends its own when it refuses a body, and goes on reading.
  const options = { noDelay: true, allowHalfOpen: true };
  const server = createServer(options, (near) => {
    const far = connect({ ...target, ...options });
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // The tunnel does not keep the process alive, so that a test that fails before close() can still end.
  server.unref();
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
};

/** An HTTPS server: its address, the authority of its certificate, and a name in the certificate. */
export type HttpsServer = Address & { ca: string; servername: string };

/** Returns a client of a server. @param own client certificate, undefined for none */
export const createClient = (server: HttpsServer, own: KeyAndCertificate | undefined): Client => {
  const certificate = own ? { key: own.key, cert: own.certificate } : {};
  const open: Client['open'] = (method, path, { body, headers = {}, signal } = {}) =>
    new Promise((resolve, reject) => {
      const content = body === undefined ? {} : { 'content-type': 'application/json' };
      const options = { method, path, agent: false as const, ...server, ...certificate };
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

/**
 * Opens a gateway whose certificate is for localhost.
 * @param authority signed the gateway's certificate, and signs the certificates of tools
 */
export const openGatewayAt = async (authority: Authority, target: Address): Promise<Gateway> => {
  const folder = await mkdtemp(join(tmpdir(), 'builds-e2e-'));
  const other = await openAuthority(join(folder, 'stranger.json'));
  const { port, close } = await openTunnel(target);
  const url = `https://localhost:${port}`;
  const server = { host: '127.0.0.1', port, ca: authority.certificate, servername: 'localhost' };
  const issue = (by: Authority, tool: string) => by.issue(`O=toolforge,CN=${tool}`);
  const write = async (name: string, content: string): Promise<string> => {
    await writeFile(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const kubeconfig = async (tool: string): Promise<string> =>
    write(`${tool}.kubeconfig`, toolKubeconfig(tool, url, authority.certificate, await issue(authority, tool)));
  return {
    url,
    folder,
    client: async (tool) => createClient(server, tool === undefined ? undefined : await issue(authority, tool)),
    stranger: async (tool) => createClient(server, await issue(other, tool)),
    kubeconfig,
    environment: async (tool) => ({
      PATH: process.env.PATH,
      HOME: folder,
      KUBECONFIG: await kubeconfig(tool),
      TOOL_TOOLFORGE_API_URL: url,
      REQUESTS_CA_BUNDLE: await write('ca.crt', authority.certificate),
    }),
    close: async () => {
      close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** Opens the deployed gateway, with the certificate authority that `npm run images` made. */
export const openGateway = async (): Promise<Gateway> =>
  openGatewayAt(await openAuthority(join(siteFolder, 'authority.json')), await gatewayAddress());
