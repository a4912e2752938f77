import { type LogEvent, type LogEvents, lastLineOf, linesIn, restartAfter } from '../types.ts';
import { mapBatches } from './map-batches.ts';

/** Position at which the last lines of a log (its tail) begin. */
export type TailStart = {
  /** Number of all lines of the log that were read to find the tail. */
  lines: number;
  /** Cursor behind which the reading of the tail begins; undefined for the beginning of the log. */
  from: string | undefined;
  /** Cursor of the last line, at `from` or before, after which all masks are at rest; undefined if none is known. */
  restart: string | undefined;
  /**
   * Number of lines behind the cursor `from` that don't belong to the tail, as only the start of each batch has a known
   * cursor.
   */
  drop: number;
};

/** A position in the pod's log at which a new reading may begin. */
type Position = Pick<TailStart, 'from' | 'restart'>;

/** One batch of a log's tail: its number of lines, and the position before it. */
type Batch = Position & { lines: number };

/** The batches that hold the last lines of a log. Only the start of each batch is kept in memory, without its lines. */
class TailBatches {
  readonly #count: number;
  readonly #batches: Batch[] = [];
  #lines = 0;

  /** @param count number of last lines of the log that are wanted */
  constructor(count: number) {
    this.#count = count;
  }

  /** Adds a batch to the tail, and drops the first batches as long as the other batches have enough lines. */
  add(batch: Batch): void {
    this.#batches.push(batch);
    this.#lines += batch.lines;
    for (let first = this.#batches[0]; first && this.#lines - first.lines >= this.#count; first = this.#batches[0]) {
      this.#lines -= first.lines;
      this.#batches.shift();
    }
  }

  /** Returns the position at which the last lines of a log begin. @param end position of the end of the log */
  start(end: Position): Omit<TailStart, 'lines'> {
    const { from, restart } = this.#batches[0] ?? end;
    return { from, restart, drop: Math.max(0, this.#lines - this.#count) };
  }
}

/**
 * Finds the position at which the last lines of a log begin. Memory grows with the number of batches in the tail, not
 * with their lines.
 * @param events all events of the log, to its end
 * @param count number of last lines that are wanted
 * @param from cursor behind which the events begin
 * @param restart cursor of the last line, at `from` or before, after which all masks are at rest
 */
export const locateTail = async (
  events: LogEvents,
  count: number,
  from: string | undefined,
  restart: string | undefined,
): Promise<TailStart> => {
  const tail = new TailBatches(count);
  let position: Position = { from, restart };
  let total = 0;
  for await (const batch of events) {
    const lines = linesIn(batch);
    if (lines === 0) continue;
    tail.add({ ...position, lines });
    position = { from: lastLineOf(batch)?.cursor, restart: restartAfter(batch) };
    total += lines;
  }
  return { lines: total, ...tail.start(position) };
};

/** Leaves out the first `count` lines of a log, and the notes among them. */
export const dropLines = <T>(events: AsyncGenerator<LogEvent[], T>, count: number): AsyncGenerator<LogEvent[], T> => {
  let left = count;
  const isKept = (event: LogEvent): boolean => {
    if (event.type === 'line' && left > 0) {
      left -= 1;
      return false;
    }
    return left === 0 || !['note', 'line', 'partial'].includes(event.type);
  };
  return mapBatches(events, (batch) => (left === 0 ? batch : batch.filter(isKept)));
};
