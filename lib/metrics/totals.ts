import type { BuildStatus } from '../../openapi/generated/types.ts';
import type { LedgerView } from '../ledger/store.ts';
import type { BuildRecord } from '../ledger/types.ts';

/** A tool with running or queued builds: their numbers, and how many builds of the tool may run at once. */
export type BusyTool = { tool: string; running: number; queued: number; limit: number };

/**
 * Totals of all ledgers. They grow with the builds that run and the tools that are busy, but not with the number of
 * tools and of finished builds.
 */
export type LedgerTotals = {
  /** Numbers of queued and finished builds by status. The status of a running build comes from its run. */
  byStatus: Map<BuildStatus, number>;
  /** Ids of all running builds. */
  running: string[];
  queued: number;
  /** Age of the oldest queued build in seconds. 0 where no build is queued. */
  oldestWait: number;
  /** Time since the oldest end of a build whose log is still being archived, in seconds. 0 where there is none. */
  archiveLag: number;
  /** Number of builds that have ended lately, and about which no event has come. */
  withoutEvent: number;
  busy: BusyTool[];
  /** Number of ledgers that could not be read, and whose builds are in no other total. */
  unreadable: number;
};

/** Time for which builds without an event count after their end, in milliseconds: 1 hour. */
const withoutEventMs = 60 * 60 * 1000;

export const emptyTotals = (): LedgerTotals => ({
  byStatus: new Map(),
  running: [],
  queued: 0,
  oldestWait: 0,
  archiveLag: 0,
  withoutEvent: 0,
  busy: [],
  unreadable: 0,
});

const ageMs = (time: string | undefined, now: Date): number => now.getTime() - Date.parse(time ?? '');

/** Returns the longer one of a number of seconds and the age of a time, in seconds. */
const oldest = (seconds: number, time: string | undefined, now: Date): number =>
  time === undefined ? seconds : Math.max(seconds, ageMs(time, now) / 1000);

const addFinished = (totals: LedgerTotals, build: BuildRecord, now: Date): void => {
  if (build.log === 'live') totals.archiveLag = oldest(totals.archiveLag, build.finishedAt, now);
  if (build.event && ageMs(build.finishedAt, now) < withoutEventMs) totals.withoutEvent += 1;
};

const addReadable = (totals: LedgerTotals, tool: string, { state, limits }: LedgerView, now: Date): void => {
  const { running, queued, finished } = state;
  totals.running.push(...running.map(({ id }) => id));
  totals.queued += queued.length;
  for (const { acceptedAt } of queued) totals.oldestWait = oldest(totals.oldestWait, acceptedAt, now);
  for (const { status } of [...queued, ...finished])
    totals.byStatus.set(status, (totals.byStatus.get(status) ?? 0) + 1);
  for (const build of finished) addFinished(totals, build, now);
  if (running.length + queued.length > 0)
    totals.busy.push({ tool, running: running.length, queued: queued.length, limit: limits.running });
};

const isReadable = (tool: string, view: LedgerView, now: Date): boolean => {
  try {
    addReadable(emptyTotals(), tool, view, now);
    return true;
  } catch {
    return false;
  }
};

/**
 * Adds the ledger of a tool to the totals. Keeps nothing of the ledger but numbers and the ids of running builds. A
 * ledger that cannot be read is only counted: the metrics of all other tools must not depend on it, and sweep logs the
 * name of its tool.
 */
export const addLedger = (totals: LedgerTotals, tool: string, view: LedgerView, now: Date): void => {
  // A ledger is added to empty totals first, so that none is added in part.
  if (isReadable(tool, view, now)) addReadable(totals, tool, view, now);
  else totals.unreadable += 1;
};
