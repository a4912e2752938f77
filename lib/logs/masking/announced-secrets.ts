import { type Announcement, announcementOf } from './announcements.ts';
import type { Span } from './invisible.ts';
import { type LineTracker, logPrefixLength } from './line-tracker.ts';
import { mergeSpans, nothingNamed } from './secret-finder.ts';

/** Returns the place of the announced secret in a line. */
const secretIn = (text: string, from: number, { item, accept }: Announcement): Span | undefined => {
  const span = item.exec(text.slice(from))?.indices?.[1];
  const found: Span | undefined = span && [span[0] + from, span[1] + from];
  return found && accept(text.slice(...found)) ? found : undefined;
};

/** Returns what is still announced after a line. */
const after = (open: Announcement, line: string, hasSecret: boolean): Announcement | undefined => {
  if (hasSecret) return open.count > 1 ? { ...open, gaps: 0, count: open.count - 1 } : undefined;
  return open.gaps > 0 && open.gap.test(line) ? { ...open, gaps: open.gaps - 1 } : undefined;
};

/** Masks secrets that a line before announces: a sentence that ends with a colon, a command, the title of a list. */
export const createAnnouncedSecrets = (): LineTracker => {
  let open: Announcement | undefined;
  return {
    add: (text, found) => {
      const from = open ? logPrefixLength(text) : 0;
      const span = open && secretIn(text, from, open);
      open = open && after(open, text.slice(from), span !== undefined);
      if (!span && !open && found !== nothingNamed) open = announcementOf(text);
      return span ? mergeSpans([...found, span]) : found;
    },
    reset: () => {
      open = undefined;
    },
    get isAtRest() {
      return open === undefined;
    },
  };
};
