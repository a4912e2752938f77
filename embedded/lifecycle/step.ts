/**
 * Runs one phase of a build as a Tekton step: `node step.ts --failure=FILE PROGRAM ARGUMENTS…`. Output passes through
 * between two marks. When the phase fails, the last lines of its output are written to FILE, the step's result with the
 * failure excerpt.
 */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { excerptOf, maxKeptBytes } from './failure-excerpt.ts';
import { MarkedOutput } from './marked-output.ts';

const drainMs = 1000;
const showEveryMs = 500;

/** Keeps the last bytes of a phase's output. @returns a function that returns these bytes */
const keepOutput = (stream: Readable): (() => Buffer) => {
  let kept: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-maxKeptBytes);
  });
  return () => kept;
};

/** Starts a phase whose standard error goes where its standard output goes, so that the log has both in their order. */
const start = (command: readonly string[]) => {
  const { STEP_LOG_MARK: _, ...env } = process.env;
  const words = ['-c', 'exec "$@" 2>&1', 'sh', process.execPath, ...command];
  return spawn('/bin/sh', words, { stdio: ['ignore', 'pipe', 'inherit'], env });
};

/** Passes output on between two marks. @returns a function that ends the output */
const passOn = (output: Readable): (() => void) => {
  const marked = new MarkedOutput(process.stdout, process.env.STEP_LOG_MARK);
  marked.begin();
  output.on('data', (chunk: Buffer) => marked.count(chunk));
  output.pipe(process.stdout, { end: false });
  const timer = setInterval(() => marked.showUnfinishedLine(), showEveryMs);
  return () => {
    clearInterval(timer);
    output.unpipe(process.stdout).removeAllListeners('data').pause();
    marked.end();
  };
};

const main = async ([failure = '', ...command]: string[]): Promise<void> => {
  const child = start(command);
  const { stdout } = child;
  const output = keepOutput(stdout);
  const endOutput = passOn(stdout);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill(signal));
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
  });
  // A process that a build left running may keep the pipe open for ever, so the step waits for the end of the output for
  // at most one second.
  await Promise.race([finished(stdout).catch(() => undefined), delay(drainMs)]);
  endOutput();
  if (exitCode !== 0) await writeFile(failure.replace(/^--failure=/, ''), excerptOf(output()));
  process.stdout.write('', () => process.exit(exitCode));
};

await main(process.argv.slice(2));
