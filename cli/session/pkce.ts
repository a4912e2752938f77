import { createHash, randomBytes } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EXIT, Failure } from '../failure.ts';
import type { Exchange } from './exchange.ts';
import type { Issuer } from './issuer.ts';
import { refused, type Session, sessionFrom } from './tokens.ts';

const PATIENCE = 300_000;

const page = (response: ServerResponse, status: number, sentence: string): void => {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', connection: 'close' });
  response.end(`<!doctype html><title>Toolforge builds</title><p>${sentence}</p>\n`);
};

const tooLate = (): Failure =>
  new Failure(EXIT.notAllowed, 'Nobody signed in within five minutes.', {
    hint: 'Try again, or with --device where the browser is on another machine.',
  });

type Callback = { server: Server; redirectUri: string; answer: Promise<URLSearchParams> };

/** Takes the one request with our state; whatever else knocks is sent away (RFC 8252, 8.10). */
async function awaitCallback(state: string): Promise<Callback> {
  let deliver: (answer: URLSearchParams) => void = () => undefined;
  const answer = new Promise<URLSearchParams>((resolve) => {
    deliver = resolve;
  });
  const server = createServer((request, response) => {
    const [path, query] = (request.url ?? '/').split(/\?(.*)/s);
    const searchParams = new URLSearchParams(query);
    if (path !== '/callback' || searchParams.get('state') !== state) return page(response, 404, 'Nothing here.');
    page(response, 200, 'Done. Go back to your terminal; this page can be closed.');
    deliver(searchParams);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, redirectUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`, answer };
}

function authorizationUrl(issuer: Issuer, state: string, verifier: string, redirectUri: string): string {
  const url = new URL(issuer.authorizationEndpoint ?? '');
  const parameters = {
    response_type: 'code',
    client_id: issuer.clientId,
    redirect_uri: redirectUri,
    scope: issuer.scope,
    resource: issuer.resource,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    // What offline_access takes (OpenID Connect Core, 11).
    prompt: 'consent',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

const withPatience = <T>(promise: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate()), PATIENCE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

/**
 * Authorization code with PKCE, back to a server on loopback that lives for this one answer (RFC 7636, RFC 8252).
 * @param show opens the page, or says where it is
 */
export async function signInByBrowser(
  issuer: Issuer,
  exchange: Exchange,
  show: (url: string) => void,
): Promise<Session> {
  const [state, verifier] = [randomBytes(16).toString('base64url'), randomBytes(32).toString('base64url')];
  const { server, redirectUri, answer } = await awaitCallback(state);
  try {
    show(authorizationUrl(issuer, state, verifier, redirectUri));
    const { code, error, error_description, iss } = Object.fromEntries(await withPatience(answer));
    // RFC 9207: an answer of another issuer is none.
    if (!code || (iss !== undefined && iss !== issuer.issuer))
      throw refused(issuer.issuer, { error, error_description });
    const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier };
    const reply = await exchange(issuer.tokenEndpoint, {
      ...form,
      client_id: issuer.clientId,
      resource: issuer.resource,
    });
    if (reply.status !== 200) throw refused(issuer.issuer, reply.json);
    return sessionFrom(issuer, reply.json, Date.now());
  } finally {
    server.close();
  }
}
