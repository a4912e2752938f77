import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type ProcessStat, startTimeOf, statOf } from '../lib/process-identity.ts';

/** The first process of a session. Its start time tells it from a later process with the same id. */
export type Leader = { pid: number; startTime: string | undefined };

/** Processes that end together: all in the sessions of the leaders, and all whose environment contains `marker`. */
export type Group = {
  leaders: readonly Leader[];
  /**
   * Text by which processes are found that left their session, or whose leader has ended. It is the beginning of the
   * variable TMPDIR, with the path of a folder of this platform, so no process of another program has it.
   */
  marker: string;
};

const findAgainMs = 10;
const maxKillRounds = 500;
/** Time in milliseconds after which `killGroupNow` looks for processes no more. */
const killNowMs = 2000;

/** Returns the marker of all processes whose folder for temporary files is below a folder. */
export const markerOf = (folder: string): string => `TMPDIR=${folder}/`;

export const leaderOf = (pid: number): Leader => ({ pid, startTime: startTimeOf(pid) });

/** Writes the leader of a session to a file, by which a later process finds the session. */
export const recordLeader = (file: string, { pid, startTime }: Leader): void =>
  writeFileSync(file, JSON.stringify({ leader: pid, startTime }));

/**
 * Returns the leader that a file names, if that very process still runs. Otherwise its session is not trusted: process
 * ids are reused, and the session with the same id may be of another program.
 */
export const recordedLeader = (file: string): Leader[] => {
  try {
    const { leader, startTime } = JSON.parse(readFileSync(file, 'utf8')) as { leader?: number; startTime?: string };
    return leader === undefined || startTime === undefined || startTimeOf(leader) !== startTime
      ? []
      : [{ pid: leader, startTime }];
  } catch {
    return [];
  }
};

/**
 * Sends a signal to all processes of a group, without those that this user may not signal, such as setuid programs.
 * @returns the number of processes that were signalled
 */
export const signalGroup = (group: Group, signal: NodeJS.Signals): number =>
  pidsOf(group).filter((pid) => send(pid, signal)).length;

/** Tells whether a process of a group runs. */
export const hasProcesses = (group: Group): boolean => pidsOf(group).length > 0;

/**
 * Sends SIGKILL to the processes of a group until none is left, at most 500 times, because a process may fork meanwhile.
 */
export const killGroup = async (group: Group): Promise<void> => {
  for (let round = 0; round < maxKillRounds && signalGroup(group, 'SIGKILL') > 0; round += 1) await pause(findAgainMs);
};

/**
 * Does what `killGroup` does while this process waits, for a process that is ending. Begins no search for processes after
 * two seconds.
 */
export const killGroupNow = (group: Group): void => {
  const never = new Int32Array(new SharedArrayBuffer(4));
  const deadline = performance.now() + killNowMs;
  while (performance.now() < deadline && signalGroup(group, 'SIGKILL') > 0) Atomics.wait(never, 0, 0, findAgainMs);
};

/**
 * Sends a signal. @returns false when this process may not send it. A process that has ended meanwhile counts, because it
 * may have left a child
 */
const send = (pid: number, signal: NodeJS.Signals): boolean => {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH' || code === 'EPERM') return code === 'ESRCH';
    throw error;
  }
};

type Found = ProcessStat & { pid: number };

/**
 * Returns the ids of a group's processes. On a system without /proc, a negative id stands for a whole process group.
 */
const pidsOf = ({ leaders, marker }: Group): number[] => {
  const pids = listPids();
  if (pids === undefined) return leaders.map(({ pid }) => -pid).filter(isAlive);
  const found = pids.flatMap((pid): Found[] => {
    const stat = statOf(pid);
    return stat ? [{ pid, ...stat }] : [];
  });
  const sessions = sessionsOf(leaders, found);
  return found
    .filter(({ state, pid }) => state !== 'Z' && state !== 'X' && pid !== process.pid)
    .filter(({ pid, session }) => sessions.has(session) || environmentHas(pid, marker))
    .map(({ pid }) => pid);
};

/** Returns the sessions of the leaders, without those whose id now is the id of another process. */
const sessionsOf = (leaders: readonly Leader[], found: readonly Found[]): Set<number> => {
  const startTimes = new Map(found.map(({ pid, startTime }) => [pid, startTime]));
  const isAnother = ({ pid, startTime }: Leader): boolean =>
    startTime !== undefined && startTimes.has(pid) && startTimes.get(pid) !== startTime;
  return new Set(leaders.filter((leader) => !isAnother(leader)).map(({ pid }) => pid));
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const listPids = (): number[] | undefined => {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return undefined;
  }
};

const environmentHas = (pid: number, marker: string): boolean => {
  try {
    return readFileSync(`/proc/${pid}/environ`).includes(marker);
  } catch {
    return false;
  }
};
