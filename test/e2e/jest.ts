import { spawn } from 'node:child_process';
import { once } from 'node:events';

const jest = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];

/** Runs a part of the cluster's tests, and gives this process the exit code of a failed run. @param env its variables */
export const runJest = async (part: string, env: Record<string, string>, options: string[]): Promise<void> => {
  const words = [...jest, '--config', 'jest.e2e.config.js', '--verbose', ...options];
  const child = spawn(process.execPath, words, { stdio: 'inherit', env: { ...process.env, ...env, E2E_PART: part } });
  const [code] = await once(child, 'close');
  process.exitCode ||= (code as number | null) ?? 1;
};
