import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import type { Clock } from '../kubernetes/time.ts';
import { type Group, killGroup, leaderOf, markerOf, recordLeader, signalGroup } from '../processes.ts';
import { openLog } from './log-writer.ts';
import type { PodFolder } from './pod-folder.ts';

export type Execution = {
  command: string[];
  cwd: string;
  env: Record<string, string>;
  folder: PodFolder;
  logFile: string;
  /** Time in milliseconds after which a step's process is ended; undefined for no limit. */
  timeoutMs: number | undefined;
  /** Time in milliseconds between SIGTERM and SIGKILL when a step's process is ended. */
  graceMs: number;
  /** Signal that ends the step's process when it aborts. */
  signal: AbortSignal;
  clock: Clock;
  /**
   * Called when the step's process has ended. If it returns a text, the text becomes the last line of the log, and the
   * step fails.
   */
  epilogue(outcome: ProcessEnd): string | undefined;
};

/** Exit code and times of an ended process. Times are in milliseconds since 1970. */
export type ProcessEnd = { exitCode: number; startedAt: number; finishedAt: number; timedOut: boolean };

const maxTimerMs = 2 ** 31 - 1;

/**
 * Runs a step's command in a process session of its own and writes the output into a log. When the promise resolves, no
 * process of the session is left and the log is complete. A command that cannot be started ends with code 1, and the
 * log says so.
 */
export const runProcess = async (execution: Execution): Promise<ProcessEnd> => {
  const { clock, folder } = execution;
  const log = await openLog(execution.logFile, clock);
  const startedAt = clock();
  const end = (exitCode: number, timedOut: boolean) => ({ exitCode, startedAt, finishedAt: clock(), timedOut });
  try {
    const child = start(execution);
    const group = recordGroup(child, folder);
    const copying = Promise.all([log.copy(piped(child.stdout), 'stdout'), log.copy(piped(child.stderr), 'stderr')]);
    // When the log cannot be written, the step is killed, because nothing reads its output any more.
    copying.catch(() => void killGroup(group));
    const stopTimers = limit(execution, group);
    const { code, error } = await exitOf(child);
    const timedOut = stopTimers();
    await killGroup(group);
    await copying;
    if (error) await log.line(`${goTime(clock())} Error executing command: ${error}`);
    const outcome = end(timedOut ? 1 : code, timedOut);
    const last = execution.epilogue(outcome);
    if (last) await log.line(`${goTime(clock())} ${last}`);
    return last ? { ...outcome, exitCode: outcome.exitCode || 1 } : outcome;
  } finally {
    await log.close();
  }
};

/** Formats a time as Go's log package does: `2026/01/31 12:00:00`. */
export const goTime = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ');

const start = ({ command, cwd, env }: Execution): ChildProcess => {
  const [program = '', ...args] = command;
  return spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
};

const piped = (stream: Readable | null): Readable => {
  if (!stream) throw new TypeError('the process has no pipe');
  return stream;
};

const recordGroup = ({ pid }: ChildProcess, folder: PodFolder): Group => {
  const leaders = pid === undefined ? [] : [leaderOf(pid)];
  for (const leader of leaders) recordLeader(folder.record, leader);
  return { leaders, marker: markerOf(folder.path) };
};

type Exit = { code: number; error?: string };

const exitOf = (child: ChildProcess): Promise<Exit> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 1, error: error.message }));
    child.once('exit', (code, signal) => resolve({ code: code ?? 128 + (signal ? constants.signals[signal] : 0) }));
  });

/**
 * Ends a step's processes when the signal aborts or the timeout is over.
 * @returns a function that stops the timers and tells whether the timeout was over
 */
const limit = ({ signal, timeoutMs, graceMs }: Execution, group: Group): (() => boolean) => {
  let timedOut = false;
  const timers: NodeJS.Timeout[] = [];
  const terminate = () => {
    signalGroup(group, 'SIGTERM');
    timers.push(setTimeout(() => void killGroup(group), graceMs));
  };
  const expire = () => {
    timedOut = true;
    terminate();
  };
  if (timeoutMs !== undefined) timers.push(setTimeout(expire, Math.min(timeoutMs, maxTimerMs)));
  signal.addEventListener('abort', terminate, { once: true });
  if (signal.aborted) terminate();
  return () => {
    signal.removeEventListener('abort', terminate);
    for (const timer of timers) clearTimeout(timer);
    return timedOut;
  };
};
