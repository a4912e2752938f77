import { setTimeout as sleep } from 'node:timers/promises';
import { isReadable } from '../clear-text.ts';
import { type Context, flag, type Run } from '../context.ts';
import { EXIT, Failure } from '../failure.ts';
import { neutral } from '../plain.ts';
import type { Account } from '../session/account.ts';
import type { Issuer } from '../session/issuer.ts';
import type { Session } from '../session/tokens.ts';

async function byDevice({ terminal }: Context, { exchange }: Account, issuer: Issuer): Promise<Session> {
  const { signInByDevice } = await import('../session/device.ts');
  const show = (url: string, code: string) => {
    terminal.err(`Open this page in a browser, on any machine: ${neutral(url)}`);
    terminal.err(`and see that it shows this code: ${terminal.paintError('bold', neutral(code))}`);
    terminal.waiting('Waiting for you to sign in…');
  };
  return signInByDevice(issuer, { exchange, show, sleep: (ms) => sleep(ms), now: Date.now });
}

async function byBrowser(
  { terminal }: Context,
  { exchange }: Account,
  issuer: Issuer,
  command: string,
): Promise<Session> {
  const { openPage } = await import('../session/browser.ts');
  const { signInByBrowser } = await import('../session/pkce.ts');
  return signInByBrowser(issuer, exchange, (url) => {
    terminal.err(`Your browser opens this page; open it yourself if it does not: ${neutral(url)}`);
    terminal.waiting('Waiting for you to sign in…');
    openPage(command, url);
  });
}

async function signIn(context: Context, account: Account, device: boolean): Promise<Session> {
  const issuer = await account.issuer();
  if (isReadable(new URL(issuer.tokenEndpoint))) {
    context.terminal.warning(`Your tokens cross the network to ${new URL(issuer.tokenEndpoint).host} unencrypted.`);
  }
  const { browserCommand } = await import('../session/browser.ts');
  const command = device ? undefined : browserCommand(account.env, process.platform);
  if (command && issuer.authorizationEndpoint) return byBrowser(context, account, issuer, command);
  return byDevice(context, account, issuer);
}

/** Signs in to the API's issuer, and keeps the tokens in a file only the owner can read. */
export const login: Run = async (context, { values }) => {
  const account = await context.account();
  const variable = ['TOOLFORGE_TOKEN', 'TOOLFORGE_TOKEN_COMMAND'].find((name) => account.env[name]);
  if (variable) {
    throw new Failure(EXIT.usage, `${variable} is set, and would be used instead of what you sign in with.`, {
      hint: `Unset it first: unset ${variable}`,
    });
  }
  // What can't be kept should be known before somebody signs in for it.
  await account.sessions.change(account.base, async (session) => session);
  const session = await signIn(context, account, flag(values, 'device'));
  await account.sessions.change(account.base, async () => session);
  const { terminal } = context;
  terminal.settle();
  const caller = await account.whoami();
  const tools = caller.tools.map(({ tool }) => neutral(tool)).join(', ');
  terminal.out(tools ? `You are signed in, and may act for: ${tools}` : 'You are signed in, but maintain no tool yet.');
  return EXIT.ok;
};
