import { randomUUID } from 'node:crypto';
import type { Log } from '../log.ts';
import { ledgerBehindType, type OwnEvent, readsEventSource } from './build-event.ts';

/**
 * Reports that the ledger of a tool is behind its runs. Returns at once and never throws.
 * @param build a build whose state in the ledger is old, when such a build is known
 */
export type ReportBehind = (tool: string, build?: string) => void;

export type BehindReporterOptions = {
  /** Sends an event to the broker. */
  send: (event: OwnEvent) => Promise<void>;
  log: Log;
  /** Least time in milliseconds between two reports about the ledger of one tool. Default 5000. */
  intervalMs?: number;
  /** Returns the present time in milliseconds since 1970. Default: Date.now. */
  now?: () => number;
};

type RequesterOptions = Pick<BehindReporterOptions, 'send' | 'log'>;

const eventOf = (tool: string, build: string | undefined): OwnEvent => ({
  id: randomUUID(),
  type: ledgerBehindType,
  source: readsEventSource,
  subject: build ?? tool,
  data: { tool, ...(build === undefined ? {} : { build }) },
});

/** Sends one report. A failure is only logged, with the sentence `consequence`. */
const sendReport = async (
  { send, log }: RequesterOptions,
  tool: string,
  build: string | undefined,
  consequence: string,
): Promise<void> => {
  try {
    await send(eventOf(tool, build));
  } catch (error) {
    log('WARNING', consequence, { tool, build, error });
  }
};

/**
 * Returns a function that asks finish-build to create the run of a build, by a report that the ledger of the build's
 * tool is behind. Every request is sent, because nothing repeats a request that was left out. A failure is only logged:
 * the next read of the tool's builds reports the missing run, and so does the next sweep.
 */
export const createRunRequester =
  (options: RequesterOptions): ReportBehind =>
  (tool, build) =>
    void sendReport(options, tool, build, 'a run was not requested; the next read or sweep asks for it');

/**
 * Returns a function that reports to the broker that the ledger of a tool is behind its runs. At most one report about
 * a tool is sent per interval, and at most one at a time, so that a client that polls does not flood the broker. A
 * failure is only logged, because the next sweep reconciles the tool.
 */
export const createBehindReporter = ({
  send,
  log,
  intervalMs = 5000,
  now = Date.now,
}: BehindReporterOptions): ReportBehind => {
  const quietUntil = new Map<string, number>();
  const forgetExpired = (at: number): void => {
    for (const [tool, until] of quietUntil) if (until <= at) quietUntil.delete(tool);
  };
  const report = async (tool: string, build: string | undefined): Promise<void> => {
    quietUntil.set(tool, Number.POSITIVE_INFINITY);
    await sendReport({ send, log }, tool, build, 'a ledger that is behind was not reported; sweep reconciles it');
    quietUntil.set(tool, now() + intervalMs);
  };
  return (tool, build) => {
    forgetExpired(now());
    if (!quietUntil.has(tool)) void report(tool, build);
  };
};
