import type { Run } from '../command.ts';
import { exitCodes, Failure } from '../failure.ts';
import type { Account } from '../session/account.ts';
import { isThisMachine } from '../unencrypted.ts';

/** Tells whether a user can sign in at the API. True also when that can't be found out: `login` then says why. */
const offersSignIn = async ({ fetch, base }: Account): Promise<boolean> => {
  const { findIssuer, SignInNotOfferedError } = await import('../session/discovery.ts');
  return findIssuer(fetch, base).then(
    () => true,
    (error: unknown) => !(error instanceof SignInNotOfferedError),
  );
};

/** Says what a user with a client certificate can do instead of printing a token. */
const hintFor = async (account: Account): Promise<string> => {
  if (await offersSignIn(account)) return 'Sign in with `toolforge-build login`.';
  if (isThisMachine(account.base))
    return "Where `npm start` runs the API, `npm --prefix FOLDER run -s token -- TOOL` prints a token. FOLDER is the project's folder.";
  return `${account.base.origin} does not offer signing in. Let programs use the certificate of your kubeconfig, too.`;
};

/** Runs the command `token`, which prints the user's access token, so that scripts can send requests of their own. */
export const token: Run = async (context) => {
  const account = await context.account();
  const found = await account.token();
  if (found === undefined) {
    throw new Failure(exitCodes.notAllowed, 'There is no token to print: you use a client certificate.', {
      hint: await hintFor(account),
    });
  }
  context.terminal.out(found);
  return exitCodes.ok;
};
