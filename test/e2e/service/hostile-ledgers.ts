import type { Fields } from './accounts.ts';

const anyHash = '0123456789abcdef'.repeat(2);
const notOfTool = "made from its tool's name";

/** Changes of the ledger of the tool `e2e-_x` that no function may make. Each completes "a ledger …". */
export const hostileLedgers: [what: string, message: string, change: (ledger: Fields) => void][] = [
  ['with limits of its own', 'set the limits', ({ spec }) => Object.assign(spec, { limits: { running: 1000 } })],
  [
    'that leaves with another object',
    'no owner',
    ({ metadata }) =>
      Object.assign(metadata, { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'a', uid: 'b' }] }),
  ],
  ['in the place of another tool', notOfTool, ({ metadata }) => Object.assign(metadata, { name: 'victim' })],
  ['that names another tool', notOfTool, ({ spec }) => Object.assign(spec, { tool: 'victim' })],
  [
    'in the place of another tool that has a shortened name',
    notOfTool,
    ({ metadata }) => Object.assign(metadata, { name: `victim--x.${anyHash}` }),
  ],
  [
    'with the whole name of a tool that has a shortened one',
    notOfTool,
    (ledger) => {
      ledger.metadata.name = `e2e.${anyHash}`;
      ledger.spec.tool = 'e2e';
    },
  ],
  ['that names a path', notOfTool, ({ spec }) => Object.assign(spec, { tool: '../victim' })],
];
