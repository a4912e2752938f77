/**
 * Runs the tests that need a cluster: node test/e2e/run.ts e2e|contract|auth|logs|load|upgrade [JEST OPTIONS AND PATTERNS].
 * jest.e2e.config.js says which test files belong to a part.
 */
import './site.js';
import { runJest } from './jest.ts';
import { waitUntilReady } from './ready.ts';

/**
 * Each plan says in which order the parts of the cluster's tests run: its steps one after the other, the lanes of a
 * step in parallel, and the parts of a lane one after the other. The tests of the pipeline use no function, so they run
 * beside tests that stop and start functions.
 */
const plans: Record<string, string[][][]> = {
  e2e: [[['pipeline'], ['service', 'toolforge', 'disruptions', 'idle']], [['restart']]],
  contract: [[['contract']]],
  auth: [[['auth', 'issuer']]],
  logs: [[['logs']]],
  load: [[['load']]],
  upgrade: [[['upgrade', 'harbor']]],
};

const [plan = '', ...options] = process.argv.slice(2);
const run = (part: string): Promise<void> =>
  runJest(part, part === 'contract' ? { CONTRACT_TARGET: 'cluster' } : {}, ['--passWithNoTests', ...options]);

const runLane = async (parts: string[]): Promise<void> => {
  for (const part of parts) await run(part);
};

try {
  await waitUntilReady();
  for (const lanes of plans[plan] ?? []) await Promise.all(lanes.map(runLane));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
