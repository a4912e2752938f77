import type { Run } from '../context.ts';
import { EXIT, Failure } from '../failure.ts';

/** Prints what proves who one is, for a script's own requests. */
export const token: Run = async ({ terminal, account }) => {
  const found = await (await account()).token();
  if (found === undefined) {
    throw new Failure(EXIT.notAllowed, 'You are not signed in: what proves who you are is a client certificate.', {
      hint: 'Sign in with `toolforge-build login`.',
    });
  }
  terminal.out(found);
  return EXIT.ok;
};
