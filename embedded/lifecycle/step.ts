/**
 * Runs one phase of a build as a Tekton step: `node step.ts --failure=FILE PROGRAM ARGUMENTS…`. Output passes through
 * unchanged. When the phase fails, the last lines of its output are written to FILE, the step's result with the failure
 * excerpt.
 */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { excerptOf, maxKeptBytes } from './failure-excerpt.ts';

const drainMs = 1000;

/** Keeps the last bytes of a phase's standard output and standard error. @returns a function that returns these bytes */
const keepOutput = (streams: Readable[]): (() => Buffer) => {
  let kept: Buffer = Buffer.alloc(0);
  for (const stream of streams) {
    stream.on('data', (chunk: Buffer) => {
      kept = Buffer.concat([kept, chunk]).subarray(-maxKeptBytes);
    });
  }
  return () => kept;
};

const main = async ([failure = '', ...command]: string[]): Promise<void> => {
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
  const { stdout, stderr } = child;
  const output = keepOutput([stdout, stderr]);
  stdout.pipe(process.stdout);
  stderr.pipe(process.stderr);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill(signal));
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
  });
  // A process that a build left running may keep the pipes open for ever, so the step waits for the end of the output
  // for at most one second.
  await Promise.race([Promise.allSettled([finished(stdout), finished(stderr)]), delay(drainMs)]);
  if (exitCode !== 0) await writeFile(failure.replace(/^--failure=/, ''), excerptOf(output()));
  process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
};

await main(process.argv.slice(2));
