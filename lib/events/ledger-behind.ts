import { ledgerBehindType } from './build-event.ts';
import { createRequest, onceAnInterval, type RequesterOptions } from './request.ts';

/**
 * Reports that the ledger of a tool is behind its runs. Returns at once and never throws.
 * @param build a build whose state in the ledger is old, when such a build is known
 */
export type ReportBehind = (tool: string, build?: string) => void;

export type BehindReporterOptions = RequesterOptions & {
  /** Least time in milliseconds between two reports about the ledger of one tool. Default 5000. */
  intervalMs?: number;
  /** Returns the present time in milliseconds since 1970. Default: Date.now. */
  now?: () => number;
};

/**
 * Returns a function that asks finish-build to create the run of a build, by a report that the ledger of the build's
 * tool is behind. Every request is sent, because nothing repeats a request that was left out. A failure is only logged:
 * the next read of the tool's builds reports the missing run, and so does the next sweep.
 */
export const createRunRequester = (options: RequesterOptions): ReportBehind => {
  const request = createRequest(
    options,
    ledgerBehindType,
    'a run was not requested; the next read or sweep asks for it',
  );
  return (tool, build) => void request(tool, build);
};

/**
 * Returns a function that reports to the broker that the ledger of a tool is behind its runs. At most one report about
 * a tool is sent per interval, and at most one at a time, so that a client that polls does not flood the broker. A
 * failure is only logged, because the next sweep reconciles the tool.
 */
export const createBehindReporter = ({
  intervalMs = 5000,
  now = Date.now,
  ...options
}: BehindReporterOptions): ReportBehind => {
  const lost = 'a ledger that is behind was not reported; sweep reconciles it';
  const send = createRequest(options, ledgerBehindType, lost);
  return onceAnInterval(send, (tool) => tool, { intervalMs, now });
};
