/**
 * The tests that need a cluster: node test/e2e/run.js PART,… [JEST OPTIONS AND PATTERNS]. The parts are those of
 * jest.e2e.config.js.
 */
import { spawnSync } from 'node:child_process';

const [parts, ...options] = process.argv.slice(2);
const jest = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];
for (const part of parts.split(',')) {
  const env = { ...process.env, E2E_PART: part, ...(part === 'contract' ? { CONTRACT_TARGET: 'cluster' } : {}) };
  const words = [...jest, '--config', 'jest.e2e.config.js', '--passWithNoTests', ...options];
  process.exitCode ||= spawnSync(process.execPath, words, { stdio: 'inherit', env }).status ?? 1;
}
