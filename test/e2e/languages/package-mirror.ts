import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setting } from '../pipeline/cluster.ts';

/** Package registries by the first part of a path of the mirror. */
const registries = {
  npm: 'https://registry.npmjs.org',
  pypi: 'https://pypi.org',
  files: 'https://files.pythonhosted.org',
} as const;

type Answer = { status: number; type: string; body: Buffer };
export type PackageMirror = {
  /** Variables of a build, `NAME=value`, with which package managers use the mirror. */
  variables: string[];
  close(): Promise<void>;
};

/** Returns the address of this machine in the network of the cluster's registry, which pods reach. */
const ownAddress = async (): Promise<string> => {
  const { hostname, port } = new URL(setting('TEST_REGISTRY'));
  const socket = connect(Number(port || 80), hostname);
  await once(socket, 'connect');
  const { localAddress = '' } = socket;
  socket.destroy();
  return localAddress;
};

const request = async (base: string, path: string, accept: string): Promise<Answer> => {
  const [, name = '', rest = ''] = /^\/([a-z]+)(\/.*)$/.exec(path) ?? [];
  const registry = registries[name as keyof typeof registries];
  if (registry === undefined) return { status: 404, type: 'text/plain', body: Buffer.from('unknown registry') };
  const response = await fetch(registry + rest, { headers: { accept } });
  const type = response.headers.get('content-type') ?? '';
  const body = Buffer.from(await response.arrayBuffer());
  if (!/json|html/.test(type)) return { status: response.status, type, body };
  // Pages with the addresses of packages lead to the mirror as well.
  const rewritten = Object.entries(registries).reduce(
    (text, [key, address]) => text.replaceAll(`${address}/`, `${base}/${key}/`),
    body.toString(),
  );
  return { status: response.status, type, body: Buffer.from(rewritten) };
};

const respond = (response: ServerResponse, { status, type, body }: Answer): void => {
  response.writeHead(status, { 'content-type': type, 'content-length': body.length }).end(body);
};

/**
 * Starts a mirror of the package registries on this machine, for pods that reach no other network. An answer is kept until
 * the mirror is closed.
 */
export const startPackageMirror = async (): Promise<PackageMirror> => {
  const answers = new Map<string, Promise<Answer>>();
  const host = await ownAddress();
  let base = '';
  const answer = ({ url = '/', headers }: IncomingMessage): Promise<Answer> => {
    const key = `${headers.accept ?? '*/*'} ${url}`;
    const answered = answers.get(key) ?? request(base, url, headers.accept ?? '*/*');
    answers.set(key, answered);
    // A failure is not kept, since the next request may succeed.
    answered.catch(() => answers.delete(key));
    return answered;
  };
  const server = createServer((incoming, response) => {
    answer(incoming).then(
      (found) => respond(response, found),
      (error: Error) => respond(response, { status: 502, type: 'text/plain', body: Buffer.from(error.message) }),
    );
  });
  server.listen(0, host);
  await once(server, 'listening');
  const address = `${host}:${(server.address() as AddressInfo).port}`;
  base = `http://${address}`;
  const variables = {
    npm_config_registry: `${base}/npm/`,
    YARN_NPM_REGISTRY_SERVER: `${base}/npm`,
    YARN_UNSAFE_HTTP_WHITELIST: host,
    PIP_INDEX_URL: `${base}/pypi/simple`,
    PIP_TRUSTED_HOST: address,
    UV_DEFAULT_INDEX: `${base}/pypi/simple`,
    PDM_PYPI_URL: `${base}/pypi/simple`,
    // PDM takes packages from an address without TLS only where nothing is to be verified.
    PDM_PYPI_VERIFY_SSL: 'false',
  };
  return {
    variables: Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
