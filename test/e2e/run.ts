/**
 * The tests that need a cluster: node test/e2e/run.ts PART,… [JEST OPTIONS AND PATTERNS]. The parts are those of
 * jest.e2e.config.js.
 */
import { spawnSync } from 'node:child_process';
import './site.js';
import { waitUntilReady } from './ready.ts';

const [parts = '', ...options] = process.argv.slice(2);
const jest = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];

const run = (part: string): number => {
  const env = { ...process.env, E2E_PART: part, ...(part === 'contract' ? { CONTRACT_TARGET: 'cluster' } : {}) };
  const words = [...jest, '--config', 'jest.e2e.config.js', '--passWithNoTests', ...options];
  return spawnSync(process.execPath, words, { stdio: 'inherit', env }).status ?? 1;
};

try {
  await waitUntilReady();
  for (const part of parts.split(',')) process.exitCode ||= run(part);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
