import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Facts that Linux tells of a process. `startTime` is in kernel ticks since the machine's start. */
export type ProcessStat = { name: string; state: string; parent: number; session: number; startTime: string };

/**
 * Returns a name for the processes whose ids can be compared: host name and process id namespace. Two containers can
 * have the same host name and share a folder, and yet use the same process id for different processes.
 */
export const processSpace = (): string => {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return `${hostname()} -`;
  }
};

/**
 * Reads /proc/PID/stat. Returns undefined when there is no such process, or no /proc. The process name in parentheses may
 * contain any character, so fields are read after the last parenthesis.
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export const statOf = (pid: number): ProcessStat | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const end = text.lastIndexOf(')');
    const fields = text.slice(end + 2).split(' ');
    const [parent, session] = [Number(fields[1]), Number(fields[3])];
    const name = text.slice(text.indexOf('(') + 1, end);
    return { name, state: fields[0] ?? '', parent, session, startTime: fields[19] ?? '' };
  } catch {
    return undefined;
  }
};

/**
 * Returns the start time of a process, which tells the process from a later process with the same id. Undefined when
 * there is no such process, or no /proc.
 */
export const startTimeOf = (pid: number): string | undefined => statOf(pid)?.startTime;

const hasProcess = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
};

/**
 * Tells whether a process of this machine still runs. A process that has ended, and whose parent has not noticed that yet,
 * does not run.
 * @param startTime start time of the process; undefined where it is not known, and then any process with the id counts
 */
export const isRunning = (pid: number, startTime: string | undefined): boolean => {
  const stat = statOf(pid);
  if (stat === undefined) return hasProcess(pid);
  return stat.state !== 'Z' && stat.state !== 'X' && (startTime === undefined || startTime === stat.startTime);
};
