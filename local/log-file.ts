import { mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { paths } from './folder.ts';

/** Size of the log in bytes above which a start begins a new one, and keeps the old one as `log.1`. */
const maxLogBytes = 10 * 1024 * 1024;

const setAsideLargeLog = (path: string): void => {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > maxLogBytes) renameSync(path, `${path}.1`);
};

/**
 * Opens the log of a platform in its data folder, readable by its owner only. Makes the folder.
 * @param isPrinted true to print each line, too
 * @returns a function that writes a line. It never throws: the service goes on when the disk is full
 */
export const openLogFile = (folder: string, isPrinted: boolean): ((line: string) => void) => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { log } = paths(folder);
  setAsideLargeLog(log);
  const file = openSync(log, 'a', 0o600);
  return (line) => {
    if (isPrinted) process.stderr.write(line);
    try {
      writeSync(file, line);
    } catch {
      // Nothing can be said where a log is full, and the service needs no log.
    }
  };
};
