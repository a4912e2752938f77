import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { acceptExpectations } from '../lib/http/body.ts';
import { sendJson } from '../lib/http/respond.ts';
import { serverOptions } from '../lib/http/server-options.ts';
import type { Listener } from '../lib/http/types.ts';
import type { Secret } from '../lib/secret.ts';
import { routes } from '../openapi/generated/routes.ts';
import type { Authority } from './certificates.ts';

export type GatewayOptions = { authority: Authority; secret: Secret; listener: Listener };

const toolOf = (req: IncomingMessage): string | undefined => {
  const socket = req.socket as TLSSocket;
  const { subject } = socket.getPeerCertificate();
  if (!socket.authorized || subject?.O !== 'toolforge') return undefined;
  return typeof subject.CN === 'string' ? subject.CN : undefined;
};

const openPaths = new Set(routes.filter(({ open }) => open).flatMap(({ path }) => [path, `/builds${path}`]));

/**
 * Tells whether a request to the gateway needs no credential: the OpenAPI contract, the sign-in settings and the health
 * check are public.
 */
const isOpen = (req: IncomingMessage): boolean => openPaths.has(req.url?.split('?')[0]?.replace(/\/$/, '') ?? '');

/**
 * Makes the embedded platform's copy of Toolforge's gateway: HTTPS with client certificates (O=toolforge, CN=tool). The
 * API is served at /builds and at /, as in knative/gateway.
 */
export const createGateway = async ({ authority, secret, listener }: GatewayOptions): Promise<Server> => {
  const own = await authority.issue('CN=localhost', ['localhost', '127.0.0.1']);
  const options = {
    ...serverOptions,
    key: own.key,
    cert: own.certificate,
    ca: authority.certificate,
    requestCert: true,
    rejectUnauthorized: false,
  };
  const receive: Listener = (req, res) => {
    const tool = toolOf(req);
    const mounted = /^\/(?:builds\/|v1\/|openapi\.json|\.well-known\/)/.test(req.url ?? '');
    // Security: headers that only the gateway may set are always removed from a client's request.
    delete req.headers['x-toolforge-tool'];
    delete req.headers['x-toolforge-gateway-secret'];
    if (!mounted || (!tool && !req.headers.authorization && !isOpen(req))) {
      const [status, code, error] = mounted
        ? [403, 'forbidden', 'Show a client certificate of a tool, as in its kubeconfig.']
        : [404, 'not_found', 'There is nothing at this path. The API is at /builds/.'];
      sendJson(res, Number(status), { error: [error], code });
      return;
    }
    if (tool)
      Object.assign(req.headers, {
        'x-toolforge-tool': tool,
        // While the secret is replaced it has several values, and a function accepts either.
        'x-toolforge-gateway-secret': secret.values().join(' '),
      });
    listener(req, res);
  };
  const server = createServer(options, receive);
  acceptExpectations(server, receive);
  return server;
};
