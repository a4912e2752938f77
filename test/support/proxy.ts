import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';

export type TestProxy = {
  port: number;
  /** Requests that clients sent to the proxy: `CONNECT host:port`, or the method and the absolute URL. */
  asked: string[];
  /** Value of Proxy-Authorization, or the user name and password of SOCKS, of each request. */
  credentials: (string | undefined)[];
  close(): Promise<void>;
};

export type ProxyOptions = {
  /** User name and password that the proxy wants, as `user:password`. Default: none. */
  account?: string;
  /** Certificate and key, for a proxy that is reached by https. */
  tls?: ServerOptions;
};

/** Names of hosts below .test lead to this machine, so that a test notices a client that resolves them itself. */
const addressOf = (host: string): string => (host.endsWith('.test') ? '127.0.0.1' : host.replace(/^\[|\]$/g, ''));

/** Listens on a free port of the loopback address. `close` ends all connections, also those of a tunnel. */
const listen = async (server: Server): Promise<Pick<TestProxy, 'port' | 'close'>> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket)).on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { port: (server.address() as AddressInfo).port, close };
};

const joinSockets = (client: Socket, upstream: Socket): void => {
  client.pipe(upstream).pipe(client);
  client.on('error', () => upstream.destroy());
  upstream.on('error', () => client.destroy());
};

/** Starts an http or https proxy, which opens tunnels (CONNECT) and passes on requests for plain http. */
export const startProxy = async ({ account, tls }: ProxyOptions = {}): Promise<TestProxy> => {
  const asked: string[] = [];
  const credentials: (string | undefined)[] = [];
  const isWelcome = ({ headers }: IncomingMessage): boolean => {
    const given = headers['proxy-authorization'];
    credentials.push(given);
    return account === undefined || given === `Basic ${Buffer.from(account).toString('base64')}`;
  };
  const forward: RequestListener = (incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    if (!isWelcome(incoming)) return void response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end();
    const { hostname, port, pathname, search } = new URL(incoming.url ?? '');
    const { 'proxy-authorization': _, ...others } = incoming.headers;
    // The embedded platform answers requests for names of this machine only.
    const headers = { ...others, host: `${addressOf(hostname)}:${port}` };
    const words = { host: addressOf(hostname), port, method: incoming.method, path: pathname + search, headers };
    const outgoing = request(words, (answer) => {
      answer.pipe(response.writeHead(answer.statusCode ?? 0, answer.headers));
    });
    return void incoming.pipe(outgoing);
  };
  const server = tls ? createSecureServer(tls, forward) : createServer(forward);
  server.on('connect', (incoming: IncomingMessage, client: Socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    if (!isWelcome(incoming))
      return client.end('HTTP/1.1 407 No\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n');
    const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(incoming.url ?? '') ?? [];
    const upstream = connect(Number(port), addressOf(host));
    upstream.once('error', () => client.end('HTTP/1.1 502 No\r\n\r\n'));
    return upstream.once('connect', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      joinSockets(client, upstream);
    });
  });
  return { asked, credentials, ...(await listen(server as unknown as Server)) };
};

/** Starts a proxy that answers each connection with the same bytes, and then ends it. */
export const startOddProxy = async (answer: string): Promise<TestProxy> => {
  const asked: string[] = [];
  const server = createTcpServer((socket) => {
    socket.once('data', (data) => {
      asked.push(String(data).split('\r\n')[0] ?? '');
      socket.end(answer);
    });
  });
  return { asked, credentials: [], ...(await listen(server)) };
};

/** Reads from a socket until so many bytes are there. */
const take = (socket: Socket, size: number): Promise<Buffer> =>
  new Promise((resolve) => {
    const read = (): void => {
      const bytes = socket.read(size) as Buffer | null;
      if (bytes) resolve(bytes);
      else socket.once('readable', read);
    };
    read();
  });

/**
 * Starts a SOCKS 5 proxy that takes names of hosts only, with or without a user name and password.
 * @see https://www.rfc-editor.org/rfc/rfc1928 @see https://www.rfc-editor.org/rfc/rfc1929
 */
export const startSocksProxy = async ({ account }: Pick<ProxyOptions, 'account'> = {}): Promise<TestProxy> => {
  const asked: string[] = [];
  const credentials: (string | undefined)[] = [];
  const serve = async (client: Socket): Promise<void> => {
    const [, methods = 0] = await take(client, 2);
    await take(client, methods);
    client.write(Buffer.from([5, account === undefined ? 0 : 2]));
    if (account !== undefined) {
      const text = async (): Promise<string> => String(await take(client, (await take(client, 1))[0] ?? 0));
      await take(client, 1);
      const given = `${await text()}:${await text()}`;
      credentials.push(given);
      client.write(Buffer.from([1, given === account ? 0 : 1]));
      if (given !== account) return void client.end();
    }
    const [, , , kind, length = 0] = await take(client, 5);
    if (kind !== 3) return void client.end(Buffer.from([5, 8, 0, 1, 0, 0, 0, 0, 0, 0]));
    const host = String(await take(client, length));
    const port = (await take(client, 2)).readUInt16BE();
    asked.push(`CONNECT ${host}:${port}`);
    const upstream = connect(port, addressOf(host), () => {
      client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
      joinSockets(client, upstream);
    });
    return undefined;
  };
  const server = createTcpServer((client) => void serve(client));
  return { asked, credentials, ...(await listen(server)) };
};
