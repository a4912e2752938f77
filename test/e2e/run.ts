/**
 * Runs the tests that need a cluster: node test/e2e/run.ts e2e|contract|auth|logs|load|upgrade [JEST OPTIONS AND PATTERNS].
 * jest.e2e.config.js says which test files belong to a part.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import './site.js';
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
const jest = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];

const run = async (part: string): Promise<void> => {
  const env = { ...process.env, E2E_PART: part, ...(part === 'contract' ? { CONTRACT_TARGET: 'cluster' } : {}) };
  const words = [...jest, '--config', 'jest.e2e.config.js', '--verbose', '--passWithNoTests', ...options];
  const [code] = await once(spawn(process.execPath, words, { stdio: 'inherit', env }), 'close');
  process.exitCode ||= (code as number | null) ?? 1;
};

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
