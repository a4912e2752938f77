import type { Run } from '../command.ts';
import { exitCodes, Failure } from '../failure.ts';

/** Runs the command `token`, which prints the user's access token, so that scripts can send requests of their own. */
export const token: Run = async ({ terminal, account }) => {
  const found = await (await account()).token();
  if (found === undefined) {
    throw new Failure(exitCodes.notAllowed, 'There is no token to print: you use a client certificate.', {
      hint: 'Sign in with `toolforge-build login`.',
    });
  }
  terminal.out(found);
  return exitCodes.ok;
};
