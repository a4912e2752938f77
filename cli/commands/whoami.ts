import type { Caller } from '../../openapi/generated/types.ts';
import { flag, printJson, printMessages, type Run } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { printable } from '../printable.ts';

const credentialNames = new Map<string, string>(
  Object.entries({
    person: 'a token',
    session: 'a session of the web page',
    ci: 'a token of CI',
    'service-account': 'a token of a Kubernetes ServiceAccount',
    gateway: 'a client certificate',
  } satisfies Record<Caller['proof'], string>),
);

/**
 * Runs the command `whoami`, which prints the caller's account as the service knows it, and the tools that the caller
 * may act for.
 */
export const whoami: Run = async (context, { values }) => {
  const caller = await (await context.account()).whoami();
  if (flag(values, 'json')) {
    printJson(context, caller);
    return exitCodes.ok;
  }
  const { terminal } = context;
  printMessages(context, caller.messages);
  const until = caller.expires ? `, valid until ${printable(caller.expires)}` : '';
  terminal.out(
    `${printable(caller.subject)}, authenticated by ${credentialNames.get(caller.proof) ?? 'a credential of another kind'}${until}`,
  );
  for (const { tool, scopes } of caller.tools) terminal.out(`  ${printable(tool)}: ${printable(scopes.join(', '))}`);
  if (caller.tools.length === 0) terminal.out('  no tool');
  return exitCodes.ok;
};
