/**
 * Runs one phase of a build as a Tekton step: `node step.ts --failure=FILE PROGRAM ARGUMENTS…`. Output passes through
 * unchanged. When the phase fails, the last 1,000 bytes of its output are written to FILE, the step's result with the
 * reason.
 */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';

const maxExcerptBytes = 1000;
const drainMs = 1000;

/**
 * Keeps the last 1,000 bytes of a phase's standard output and standard error. A character that is cut at the start is
 * dropped.
 */
const keepExcerpt = (streams: Readable[]): (() => Buffer) => {
  let excerpt: Buffer = Buffer.alloc(0);
  for (const stream of streams) {
    stream.on('data', (chunk: Buffer) => {
      excerpt = Buffer.concat([excerpt, chunk.subarray(-maxExcerptBytes)]).subarray(-maxExcerptBytes);
    });
  }
  return () => {
    const start = excerpt.findIndex((byte) => (byte & 0xc0) !== 0x80);
    return excerpt.subarray(Math.max(start, 0));
  };
};

const main = async ([failure = '', ...command]: string[]): Promise<void> => {
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
  const { stdout, stderr } = child;
  const excerpt = keepExcerpt([stdout, stderr]);
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
  if (exitCode !== 0) await writeFile(failure.replace(/^--failure=/, ''), excerpt());
  process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
};

await main(process.argv.slice(2));
