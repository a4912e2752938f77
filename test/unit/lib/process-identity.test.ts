import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from '@jest/globals';
import { isRunning, processSpace, startTimeOf, statOf } from '../../../lib/process-identity.ts';

test('a process runs under its own start time only', () => {
  expect(isRunning(process.pid, startTimeOf(process.pid))).toBe(true);
  expect(isRunning(process.pid, undefined)).toBe(true);
  expect(isRunning(process.pid, '1')).toBe(false);
});

test('an ended process does not run', async () => {
  const child = spawn('true');
  await once(child, 'close');
  expect(isRunning(child.pid ?? 0, undefined)).toBe(false);
  expect(startTimeOf(child.pid ?? 0)).toBeUndefined();
});

test('an ended process does not run while its parent has not noticed the end', async () => {
  // The shell starts a child and becomes a program that waits for no child.
  const parent = spawn('sh', ['-c', 'sleep 600 >&2 & echo $!; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
  process.kill(Number(line), 'SIGKILL');
  while (statOf(Number(line))?.state !== 'Z') await new Promise(setImmediate);
  expect(isRunning(Number(line), startTimeOf(Number(line)))).toBe(false);
  parent.kill('SIGKILL');
});

test('the name of a process may hold blanks and parentheses', async () => {
  const script = 'process.title = "a) (b c"; console.log(process.ppid); setInterval(() => {}, 1000)';
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  expect(statOf(child.pid ?? 0)).toMatchObject({ name: 'a) (b c', parent: Number(line) });
  child.kill('SIGKILL');
});

test('the name of the processes whose ids can be compared has the host and the process id namespace', () => {
  expect(processSpace()).toMatch(/^\S+ (pid:\[\d+\]|-)$/);
});
