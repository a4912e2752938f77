import { type LogEvent, type LogEvents, lastLineOf, linesIn } from '../types.ts';

export type TailStart = {
  /** Lines that were counted. */
  lines: number;
  /** Begin behind this cursor, ... */
  from: string | undefined;
  /** ... and leave out so many lines. */
  drop: number;
};

/**
 * Where the last lines of a log begin. Keeps one mark for each batch of the tail, not the lines, so any number does.
 * @param events the log as it is, to its end
 */
export const locateTail = async (events: LogEvents, count: number, from: string | undefined): Promise<TailStart> => {
  const marks: { from: string | undefined; lines: number }[] = [];
  let inMarks = 0;
  let lines = 0;
  let before = from;
  for await (const batch of events) {
    const here = linesIn(batch);
    if (here === 0) continue;
    marks.push({ from: before, lines: here });
    before = lastLineOf(batch)?.cursor;
    lines += here;
    inMarks += here;
    for (let first = marks[0]; first && inMarks - first.lines >= count; first = marks[0]) {
      inMarks -= first.lines;
      marks.shift();
    }
  }
  return { lines, from: marks[0] ? marks[0].from : before, drop: Math.max(0, inMarks - count) };
};

/** As `yield*`, with each batch changed; what is empty then is left out. */
export async function* mapBatches<T>(
  events: AsyncGenerator<LogEvent[], T>,
  change: (batch: LogEvent[]) => LogEvent[],
): AsyncGenerator<LogEvent[], T> {
  try {
    for (;;) {
      const { done, value } = await events.next();
      if (done) return value;
      const changed = change(value);
      if (changed.length > 0) yield changed;
    }
  } finally {
    await events.return(undefined as T);
  }
}

/** Without the first lines, and without the notes among them. */
export const dropLines = <T>(events: AsyncGenerator<LogEvent[], T>, count: number): AsyncGenerator<LogEvent[], T> => {
  let left = count;
  const isKept = (event: LogEvent): boolean => {
    if (event.type === 'line' && left > 0) {
      left -= 1;
      return false;
    }
    return left === 0 || (event.type !== 'note' && event.type !== 'line');
  };
  return mapBatches(events, (batch) => (left === 0 ? batch : batch.filter(isKept)));
};
