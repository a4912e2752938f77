import { openSync, renameSync, statSync, writeSync } from 'node:fs';
import { paths } from './folder.ts';

/** Size of the log in bytes above which a start begins a new one, and keeps the old one as `log.1`. */
const maxLogBytes = 10 * 1024 * 1024;

const setAsideLargeLog = (path: string): void => {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > maxLogBytes) renameSync(path, `${path}.1`);
};

/**
 * Makes the log of a platform in its data folder.
 * @param isPrinted true to print each line, too
 */
export const createLogFile = (folder: string, isPrinted: boolean) => {
  const { log } = paths(folder);
  let file: number | undefined;
  return {
    /**
     * Opens the log, readable by its owner only. The caller has locked the folder, so that no log is set aside into which
     * another platform writes.
     * @throws the file system's error when the log can't be opened
     */
    open: (): void => {
      setAsideLargeLog(log);
      file = openSync(log, 'a', 0o600);
    },
    /** Writes a line. It never throws: the service goes on when the disk is full. Lines before `open` are not kept. */
    write: (line: string): void => {
      if (isPrinted) process.stderr.write(line);
      try {
        if (file !== undefined) writeSync(file, line);
      } catch {
        // Nothing can be said where a log is full, and the service needs no log.
      }
    },
  };
};
