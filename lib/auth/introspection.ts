import { basicCredentials } from '../basic-credentials.ts';
import { ConfigError } from '../errors.ts';
import { type Log, noLog } from '../log.ts';
import { openSecret, type Secret, withSecret } from '../secret.ts';
import { createSingleFlight } from '../single-flight.ts';
import { fetchJson, ResponseStatusError } from './fetch-json.ts';
import type { TrustedIssuer } from './trusted-issuers.ts';

/**
 * State of a token, as its issuer tells it.
 * - `refused`: the issuer refuses the request for this token, with a 4xx, but not the requests for other tokens.
 * - `failed`: the request for this token fails in another way, but not the requests for other tokens.
 */
export type TokenState = 'active' | 'revoked' | 'refused' | 'failed';

/** Statuses of responses to a client whose credentials are wrong, or that may not read the state of a token. */
const deniedStatuses = [401, 403];

const isDenial = (error: unknown): boolean =>
  error instanceof ResponseStatusError && deniedStatuses.includes(error.status);

/** Thrown when an issuer's introspection endpoint works for no token at all. */
export class IntrospectionOutage extends Error {
  override readonly name = 'IntrospectionOutage';
  /** Whether the issuer refuses our own credentials, so that the outage lasts until an operator changes them. */
  readonly isDenied: boolean;

  constructor(cause: unknown) {
    super('introspection works for no token', { cause });
    this.isDenied = isDenial(cause);
  }
}

/** Requests the state of a token. @throws IntrospectionOutage when the issuer can tell the state of no token */
export type Introspect = (token: string) => Promise<TokenState>;

/** Time limit for a request to an issuer's introspection endpoint, in milliseconds. */
const timeoutMs = 1000;

/**
 * A token that no issuer ever issued. An endpoint that works responds that this token is not active.
 * @see https://www.rfc-editor.org/rfc/rfc7662#section-2.2
 */
const unknownToken = 'probe.of.the-introspection-endpoint';

/** Statuses of responses that another try may change: timeout, too many requests. */
const temporaryStatuses = [408, 429];

const isRefusal = (error: unknown): error is ResponseStatusError =>
  error instanceof ResponseStatusError &&
  error.status >= 400 &&
  error.status < 500 &&
  !temporaryStatuses.includes(error.status);

const isAboutToken = (error: unknown): boolean => isRefusal(error) && !deniedStatuses.includes(error.status);

/**
 * Makes the introspection of tokens. Security: a client chooses its token, so a failed request for that token says
 * nothing about the endpoint. After a failure that an outage may have caused, a request for a token that no client chose
 * decides whether there is an outage. Wrong credentials of our own count as an outage: no token's state can be read.
 * @param isActive sends one request to the endpoint. Rejects with ResponseStatusError for another status than 200
 */
const createIntrospect = (isActive: (token: string) => Promise<boolean>, log: Log | undefined): Introspect => {
  const probe = createSingleFlight<void>();
  const assertWorking = (): Promise<void> =>
    probe('', async () => {
      await isActive(unknownToken).catch((cause: unknown) => {
        if (!isAboutToken(cause)) throw new IntrospectionOutage(cause);
      });
    });
  return async (token) => {
    try {
      return (await isActive(token)) ? 'active' : 'revoked';
    } catch (error) {
      if (!isAboutToken(error)) await assertWorking();
      log?.('WARNING', 'introspection fails for one token', { error });
      return isRefusal(error) ? 'refused' : 'failed';
    }
  };
};

const openClientSecret = (path: string, log: Log = noLog): Secret => {
  try {
    return openSecret({ path, log });
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    throw new ConfigError(
      'AUTH_ISSUERS',
      `such that ${path}, the secretFile of an introspection, has the secret of its client (${reason})`,
    );
  }
};

/** Sends a request, and returns the error of a server that refuses the client's credentials. */
const unlessDenied = async (sent: Promise<unknown>): Promise<unknown> => {
  try {
    return await sent;
  } catch (error) {
    if (isDenial(error)) return error;
    throw error;
  }
};

/**
 * Makes the requests to an issuer's introspection endpoint. The client's secret may be replaced at any time.
 * @param log receives a line when the endpoint fails for one token
 * @throws ConfigError when the file with the client's secret can't be read
 * @see https://www.rfc-editor.org/rfc/rfc7662
 */
export const introspectionFrom = (
  { uri: url, clientId, secretFile }: NonNullable<TrustedIssuer['introspection']>,
  log?: Log,
): Introspect => {
  const secret = openClientSecret(secretFile, log);
  return createIntrospect(async (token) => {
    const form = { token, token_type_hint: 'access_token' };
    const send = (value: string) => {
      const authorization = basicCredentials(encodeURIComponent(clientId), encodeURIComponent(value));
      return unlessDenied(fetchJson({ url, form, authorization, timeoutMs }));
    };
    const response = await withSecret(secret, send, isDenial);
    if (isDenial(response)) throw response;
    const { active } = response as { active?: unknown };
    if (typeof active !== 'boolean') throw new Error(`${url} did not say whether the token is active`);
    return active;
  }, log);
};
