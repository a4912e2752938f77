import { describe, expect, test } from '@jest/globals';
import type { Context } from '../../../../cli/command.ts';
import { login } from '../../../../cli/commands/login.ts';
import { token } from '../../../../cli/commands/token.ts';
import type { Failure } from '../../../../cli/failure.ts';
import type { Account } from '../../../../cli/session/account.ts';

type Options = {
  /** The token of the user; undefined for a client certificate, and an error for no credential. */
  found?: string | undefined | Error;
  /** Whether the API names an issuer. */
  isOffered?: boolean;
};

/** Returns a command's context, in which the API is at an address, and what the command prints. */
const contextAt = (base: string, { found, isOffered = false }: Options) => {
  const printed: string[] = [];
  const issuer = 'https://id.example.org';
  const account: Partial<Account> = {
    base: new URL(base),
    env: {},
    fetch: async (url) => {
      if (url.endsWith('/openid-configuration'))
        return Response.json({ issuer, token_endpoint: `${issuer}/token`, authorization_endpoint: `${issuer}/auth` });
      return Response.json({ resource: 'r', clients: isOffered ? [{ issuer, client_id: 'c' }] : [] });
    },
    token: async () => {
      if (found instanceof Error) throw found;
      return found;
    },
    sessions: { read: async () => undefined, change: async () => undefined } as unknown as Account['sessions'],
  };
  const terminal = { out: (line: string) => printed.push(line) };
  return { printed, context: { account: async () => account, terminal } as unknown as Context };
};

const failureOf = async (run: typeof token, base: string, options: Options): Promise<Failure> => {
  const { context } = contextAt(base, options);
  const words = { values: {}, positionals: [] } as unknown as Parameters<typeof token>[1];
  return run(context, words).then(
    () => {
      throw new Error('the command succeeds');
    },
    (error: Failure) => error,
  );
};

const [here, elsewhere] = ['https://127.0.0.1:8443/builds/v1', 'https://api.example.org/builds/v1'];

describe('token', () => {
  test('prints the token', async () => {
    const { printed, context } = contextAt(elsewhere, { found: 'secret' });
    await token(context, { values: {}, positionals: [] } as unknown as Parameters<typeof token>[1]);
    expect(printed).toEqual(['secret']);
  });

  test.each([
    [elsewhere, true, 'Sign in with `toolforge-build login`.'],
    [here, true, 'Sign in with `toolforge-build login`.'],
    [elsewhere, false, 'https://api.example.org does not offer signing in. Let programs use the certificate'],
    [here, false, 'Where `npm start` runs the API, `npm run -s token -- TOOL` prints a token'],
  ])('with a client certificate at %s (sign-in offered: %s) says: %s', async (base, isOffered, hint) => {
    const failure = await failureOf(token, base, { isOffered });
    expect(failure.message).toBe('There is no token to print: you use a client certificate.');
    expect(failure.hint).toContain(hint);
  });
});

describe('login at an API that offers no sign-in', () => {
  test.each([
    [undefined, 'https://127.0.0.1:8443 does not offer signing in, and you need none: you have a client certificate.'],
    ['secret', 'https://127.0.0.1:8443 does not offer signing in, and you need none: you have a token.'],
  ])('tells a user with a credential that no sign-in is needed (token: %s)', async (found, message) => {
    const failure = await failureOf(login, here, { found });
    expect(failure.message).toBe(message);
    expect(failure.hint).toBe('`toolforge-build whoami` shows what you may do.');
  });

  test.each([
    [here, 'eval "$(npm run -s env -- TOOL)"'],
    [elsewhere, 'Use a client certificate (KUBECONFIG) or a token (TOOLFORGE_TOKEN).'],
  ])('tells a user without a credential at %s what to use: %s', async (base, hint) => {
    const failure = await failureOf(login, base, { found: new Error('no credential') });
    expect(failure.message).toBe(`${new URL(base).origin} does not offer signing in.`);
    expect(failure.hint).toContain(hint);
  });
});
