import type { Caller } from '../../openapi/generated/types.ts';
import { flag, printJson, type Run, tellMessages } from '../context.ts';
import { EXIT } from '../failure.ts';
import { neutral } from '../plain.ts';

const PROOFS: Record<Caller['proof'], string> = {
  person: 'a token',
  ci: 'a token of CI',
  'service-account': 'a token of a Kubernetes ServiceAccount',
  gateway: 'a client certificate',
};

/** Prints who one is to the service. */
export const whoami: Run = async (context, { values }) => {
  const caller = await (await context.account()).whoami();
  if (flag(values, 'json')) {
    printJson(context, caller);
    return EXIT.ok;
  }
  const { terminal } = context;
  tellMessages(context, caller.messages);
  const until = caller.expires ? `, until ${neutral(caller.expires)}` : '';
  terminal.out(`${neutral(caller.subject)}, by ${PROOFS[caller.proof]}${until}`);
  for (const { tool, scopes } of caller.tools) terminal.out(`  ${neutral(tool)}: ${neutral(scopes.join(', '))}`);
  if (caller.tools.length === 0) terminal.out('  no tool');
  return EXIT.ok;
};
