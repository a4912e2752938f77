import { randomInt } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JWK } from 'jose';
import { sendError } from '../../lib/http/respond.ts';
import type { Listener } from '../../lib/http/types.ts';
import type { Log } from '../../lib/log.ts';
import { sendPage } from './consent-page.ts';

/** Characters of a code, without those that people confuse. */
const characters = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** Returns a new code of 60 random bits, such as `K7QM-2XWD-93HF`. */
export const newCode = (): string => {
  const part = () => Array.from({ length: 4 }, () => characters[randomInt(characters.length)]).join('');
  return [part(), part(), part()].join('-');
};

export type SignInOptions = {
  /** URL of the issuer, which ends with `/issuer`. */
  url: string;
  pageUrl: string;
  audience: string;
  key: JWK;
  code: string;
  log: Log;
};

type Parts = { provider: (req: IncomingMessage, res: ServerResponse) => void; interact: Listener };

/** Loads oidc-provider, which takes half a second, so only a sign-in does it. */
const load = async ({ code, log, ...options }: SignInOptions): Promise<Parts> => {
  const { createProvider } = await import('./provider.ts');
  const { interact } = await import('./interaction.ts');
  const tools = new Map<string, readonly string[]>();
  const provider = createProvider({ ...options, tools });
  provider.on('server_error', (_, error) => log('ERROR', 'the local sign-in failed', { error }));
  return {
    provider: provider.callback(),
    interact: (req, res) =>
      void interact({ provider, code, tools }, req, res).catch((error: Error) => {
        if (error.name === 'SessionNotFound')
          sendPage(res, 400, '<p>This sign-in has ended. Begin to sign in again.</p>');
        else sendError(res, error, log);
      }),
  };
};

/**
 * Makes the listener of the embedded platform's own sign-in: an OpenID Connect issuer below `/issuer`, at which whoever
 * knows the code that `npm start` prints may act for any tools.
 */
export const createSignIn = (options: SignInOptions): Listener => {
  let parts: Promise<Parts> | undefined;
  return async (req, res) => {
    parts ??= load(options);
    const { provider, interact } = await parts;
    const address = req.url ?? '';
    if (address.startsWith('/issuer/interaction/')) return interact(req, res);
    // oidc-provider finds the path at which it is mounted by comparing both.
    Object.assign(req, { originalUrl: address });
    req.url = address.slice('/issuer'.length) || '/';
    provider(req, res);
  };
};
