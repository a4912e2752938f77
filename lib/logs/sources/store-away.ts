import type { LogEvent } from '../types.ts';

const storeAway = 'what is stored of this log cannot be read at the moment';

/** Returns the note that the object store can't be read. @param lines says which lines are missing, as a main clause */
export const storeAwayNote = (lines: string): LogEvent => ({
  type: 'note',
  text: `${storeAway}: ${lines}. Request it again later for the whole`,
});

/** Marks a log's end event as truncated, for a reader that could not see the archived lines. */
export const markTruncated = (events: LogEvent[]): LogEvent[] =>
  events.map((event) =>
    event.type === 'end' && event.log === 'complete' ? { ...event, log: 'truncated', reason: storeAway } : event,
  );
