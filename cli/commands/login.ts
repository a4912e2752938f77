import { type Context, flag, type Run } from '../command.ts';
import { exitCodes, Failure } from '../failure.ts';
import { printable } from '../printable.ts';
import type { Account } from '../session/account.ts';
import type { Issuer } from '../session/openid.ts';
import type { Session } from '../session/session.ts';
import { isUnencrypted } from '../unencrypted.ts';

const byDevice = async ({ terminal }: Context, { fetch }: Account, issuer: Issuer): Promise<Session> => {
  const { signInByDevice } = await import('../session/device-sign-in.ts');
  const show = (url: string, code: string) => {
    terminal.err(`Open this page in a browser, on any machine: ${printable(url)}`);
    terminal.err(`Check that the page shows this code: ${terminal.paintError('bold', printable(code))}`);
    terminal.waiting('Waiting for you to sign in…');
  };
  return signInByDevice(issuer, { fetch, show });
};

const byBrowser = async (
  { terminal }: Context,
  { fetch }: Account,
  issuer: Issuer,
  command: string,
): Promise<Session> => {
  const { openBrowser } = await import('../session/open-browser.ts');
  const { signInByBrowser } = await import('../session/browser-sign-in.ts');
  const { safeUrl } = await import('../session/safe-url.ts');
  return signInByBrowser(issuer, fetch, (page) => {
    const url = safeUrl(page, 'The page to sign in', new URL(issuer.metadata.issuer));
    terminal.err(`If your browser does not open this page, open it yourself: ${printable(url)}`);
    terminal.waiting('Waiting for you to sign in…');
    openBrowser(command, url);
  });
};

/** Returns the failure of a sign-in, with what a user can do who needs no sign-in, because a credential is there. */
const explained = async ({ base, token }: Account, failure: unknown): Promise<unknown> => {
  const { SignInNotOfferedError } = await import('../session/discovery.ts');
  if (!(failure instanceof SignInNotOfferedError)) return failure;
  const credential = await token().then(
    (found) => (found === undefined ? 'client certificate' : 'token'),
    () => undefined,
  );
  if (credential === undefined) return failure;
  const sentence = `${base.origin} does not offer signing in, and you need none: you have a ${credential}.`;
  return new Failure(exitCodes.usage, sentence, { hint: '`toolforge-build whoami` shows what you may do.' });
};

const signIn = async (context: Context, account: Account, device: boolean): Promise<Session> => {
  const { findIssuer } = await import('../session/discovery.ts');
  const issuer = await findIssuer(account.fetch, account.base);
  const tokenEndpoint = new URL(issuer.metadata.token_endpoint ?? '');
  if (isUnencrypted(tokenEndpoint))
    context.terminal.warning(`Your tokens cross the network to ${tokenEndpoint.host} unencrypted.`);
  const { browserCommand } = await import('../session/open-browser.ts');
  const command = device ? undefined : browserCommand(account.env, process.platform);
  if (command && issuer.metadata.authorization_endpoint) return byBrowser(context, account, issuer, command);
  return byDevice(context, account, issuer);
};

/**
 * Checks that no environment variable gives a token, because `toolforge-build` would use that token instead of the
 * sign-in.
 * @throws Failure that names the variable
 */
const requireNoToken = ({ env }: Account): void => {
  const variable = ['TOOLFORGE_TOKEN', 'TOOLFORGE_TOKEN_COMMAND'].find((name) => env[name]);
  if (!variable) return;
  throw new Failure(exitCodes.usage, `${variable} is set, and would be used instead of the sign-in.`, {
    hint: `Unset it first: unset ${variable}`,
  });
};

/**
 * Runs the command `login`: signs in at the issuer of the API's tokens, and stores the tokens in a file that only its
 * owner can read.
 */
export const login: Run = async (context, { values }) => {
  const account = await context.account();
  requireNoToken(account);
  // Taking the lock of the session file shows whether its folder can be written. If not, `login` fails before the user
  // signs in, and not after.
  await account.sessions.change(account.base, async (session) => session);
  const session = await signIn(context, account, flag(values, 'device')).catch(async (error: unknown) => {
    throw await explained(account, error);
  });
  await account.sessions.change(account.base, async () => session);
  const { terminal } = context;
  terminal.clearSpinner();
  const caller = await account.whoami();
  const tools = caller.tools.map(({ tool }) => printable(tool)).join(', ');
  terminal.out(tools ? `You are signed in, and may act for: ${tools}` : 'You are signed in, but maintain no tool yet.');
  return exitCodes.ok;
};
