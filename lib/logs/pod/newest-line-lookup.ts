import { setTimeout as sleep } from 'node:timers/promises';
import { anySignal } from '../../abort.ts';
import type { RawLine } from './line-splitter.ts';
import type { Reading } from './reading.ts';
import type { RotationDetector } from './rotation-detector.ts';
import { readNewestLine } from './step-stream.ts';

/**
 * Looks up the newest line of a step's log every few seconds, while a stream of the log is read, and passes the line to
 * the rotation detector.
 * @param lastRead returns the last line that the stream has brought so far
 * @returns a function that stops the lookups
 */
export const startNewestLineLookup = (
  reading: Reading,
  step: string,
  detector: RotationDetector,
  lastRead: () => RawLine | undefined,
): (() => void) => {
  const stop = new AbortController();
  const signal = anySignal(reading.signal, stop.signal);
  const lookUp = async (): Promise<void> => {
    for (;;) {
      await readNewestLine({ ...reading, signal }, step).then(
        (newest) => detector.addNewestLine(newest, lastRead()),
        () => signal.aborted || detector.lookupFailed(),
      );
      await sleep(reading.rotationCheck.everyMs, undefined, { signal, ref: false });
    }
  };
  lookUp().catch(() => undefined);
  return () => stop.abort();
};
