import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * The processes of a step: all in the session of the step's first process, and all whose environment contains `marker`.
 */
export type Group = {
  leader: number | undefined;
  /**
   * Start time of the step's first process in kernel ticks, which tells the process from a later process with the same
   * id.
   */
  startTime: string | undefined;
  /**
   * Text by which the processes of the step are found: the variable TMPDIR with the pod's folder, which the environment
   * of each process contains.
   */
  marker: string;
};

type Stat = { pid: number; state: string; session: number; startTime: string };

const findAgainMs = 10;
const maxKillRounds = 500;

/** Returns the start time of a process in kernel ticks; undefined when /proc does not list the process. */
export const startTimeOf = (pid: number): string | undefined => readStat(pid)?.startTime;

/** Sends a signal to all processes of a step. @returns the number of processes */
export const signalGroup = (group: Group, signal: NodeJS.Signals): number => {
  const found = pidsOf(group);
  for (const pid of found) send(pid, signal);
  return found.length;
};

/**
 * Sends SIGKILL to the processes of a step until none is left, at most 500 times, because a process may fork meanwhile.
 */
export const killGroup = async (group: Group): Promise<void> => {
  for (let round = 0; round < maxKillRounds && signalGroup(group, 'SIGKILL') > 0; round += 1) await pause(findAgainMs);
};

const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

/**
 * Returns the ids of a step's processes. On a system without /proc, a negative id stands for the whole process group.
 */
const pidsOf = (group: Group): number[] => {
  const pids = listPids();
  if (pids === undefined) return group.leader !== undefined && isAlive(-group.leader) ? [-group.leader] : [];
  const stats = pids.flatMap((pid) => readStat(pid) ?? []);
  const reused = stats.some(({ pid, startTime }) => pid === group.leader && isAnother(group, startTime));
  return stats
    .filter(({ state, pid }) => state !== 'Z' && state !== 'X' && pid !== process.pid)
    .filter(({ pid, session }) => (session === group.leader && !reused) || environmentHas(pid, group.marker))
    .map(({ pid }) => pid);
};

const isAnother = ({ startTime }: Group, found: string): boolean => startTime !== undefined && startTime !== found;

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

/**
 * Reads /proc/PID/stat. The process name in parentheses may contain any character, so fields are read after the last
 * parenthesis.
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
const readStat = (pid: number): Stat | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { pid, state: fields[0] ?? '', session: Number(fields[3]), startTime: fields[19] ?? '' };
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
