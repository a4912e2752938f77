import type { RawLine } from './lines.ts';

/**
 * Lines that a container's log is known to have: its newest one, looked up every few seconds while the log is followed.
 *
 * The kubelet rotates a log that grows, and a stream that lags behind by two files is led past the one between without a
 * word. Each file is the newest for at least one interval of the kubelet's (`containerLogMonitorInterval`, 10 s), so one
 * of its lines is among the samples, and a stream that passes that one without having shown it has been led past.
 */
export type RotationDetector = {
  /** @param last of the stream so far */
  add(sample: RawLine | undefined, last: RawLine | undefined): void;
  /** The stream's next line, or a part of one. True where lines are missing before it. */
  pass(piece: RawLine): boolean;
  /** One could not be had: what came before it tells nothing of the time since. */
  fail(): void;
  /** The stream has not come to all of them. */
  open(): boolean;
  /** Of all that came behind the stream's last line there would be some: the first of them is no later than that line. */
  cover(last: RawLine | undefined): boolean;
  /** Those so far no longer count. */
  clear(): void;
};

/** Runtimes write the two streams' lines slightly out of order. */
const slackMs = 2000;
/** A runtime writes longer lines in parts, and the newest one may be such a part. */
const partLength = 8192;

const isPartOf = (sample: string, text: string): boolean =>
  text.length >= partLength && sample !== '' && (text.includes(sample) || sample.endsWith(text));

const isIn = (sample: RawLine, { time, text }: RawLine): boolean =>
  (sample.time === time && sample.text === text) || isPartOf(sample.text, text);

export const createRotationDetector = (): RotationDetector => {
  let pending: (RawLine & { ms: number })[] = [];
  let sinceMs = Number.POSITIVE_INFINITY;
  return {
    add: (sample, last) => {
      if (!sample || sample.time === '') return;
      const ms = Date.parse(sample.time);
      sinceMs = Math.min(sinceMs, ms);
      // Whether the stream has shown what it is already past, nobody knows.
      if (!last || ms > Date.parse(last.time)) pending.push({ ...sample, ms });
    },
    pass: (piece) => {
      const [first] = pending;
      if (!first) return false;
      if (isIn(first, piece)) {
        // The newest line is sampled again when nothing was printed since, or another part of it.
        const next = pending.findIndex((sample) => !isIn(sample, piece));
        pending = next < 0 ? [] : pending.slice(next);
        return false;
      }
      const ms = Date.parse(piece.time);
      if (ms <= first.ms + slackMs) return false;
      pending = pending.filter((sample) => ms <= sample.ms + slackMs && !isIn(sample, piece));
      return true;
    },
    fail: () => {
      sinceMs = Number.POSITIVE_INFINITY;
    },
    cover: (last) => last !== undefined && sinceMs <= Date.parse(last.time),
    open: () => pending.length > 0,
    clear: () => {
      pending = [];
    },
  };
};
