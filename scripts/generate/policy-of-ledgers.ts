import { labelLength } from '../../lib/ledger/names.ts';
import type { Rule } from './policy.ts';
import { isShortened, isTool } from './policy-of-tools.ts';

const tool = 'object.spec.tool';

/** The CEL expression for "the object is the ledger of its tool", as `ledgerName` in lib/ledger/names.ts names it. */
const isLedgerOfTool = `(${tool}.size() <= ${labelLength.longest} && !${tool}.contains("_") ? object.metadata.name == ${tool} : ${isShortened('object.metadata.name', tool)})`;

/** The rules for ledgers and capacities that ServiceAccounts of the build service create. */
export const ledgerRules: readonly Rule[] = [
  {
    expression: "!has(object.spec) || object.spec.all(field, field == 'tool')",
    message: 'Only an administrator may set the limits of a tool.',
  },
  {
    expression: '!has(object.metadata.ownerReferences) && !has(object.metadata.finalizers)',
    message: 'A ledger of the build service has no owner and no finalizer.',
  },
  {
    expression: `object.kind != "BuildLedger" || (${isTool(tool)} && ${isLedgerOfTool})`,
    message: "A ledger must have the name that is made from its tool's name.",
  },
];
