import { isOverdue } from '../../lib/builds/close-log.ts';
import { needsReconcile, type ReconcileConditions } from '../../lib/builds/needs-reconcile.ts';
import { knownIds } from '../../lib/ledger/gone.ts';
import { ledgerName } from '../../lib/ledger/names.ts';
import type { LedgerView } from '../../lib/ledger/store.ts';
import { hasArchiverEnded, type StartedJob } from '../../lib/logs/archive/archiver-job.ts';
import { toolOf } from '../../lib/tekton/tool-of.ts';
import type { PipelineRun } from '../../lib/tekton/types.ts';
import type { ArchiveLogsOptions } from '../archive-logs/handler.ts';
import { type ListedArchives, readArchives } from './listed-archives.ts';
import { type ListedRun, ListedRuns } from './listed-runs.ts';

/**
 * A ledger that sweep has to look at. `tool` is undefined where only archived logs are left of a deleted ledger.
 * `hasOtherLogs`: whether archived logs of builds that the ledger lacks were found.
 */
export type Selected = { ledger: string; tool: string | undefined; hasOtherLogs: boolean };

/** The archiver Jobs: names of all, and `tool/build` of those that have not ended. */
type ListedJobs = { names: ReadonlySet<string>; active: ReadonlySet<string> };

type Listed = ReconcileConditions & {
  archives: ListedArchives;
  runs: ListedRuns;
  jobs: ListedJobs;
  /** Tools that hold claims or wait for slots, without those whose ledgers were judged. */
  claimants: Set<string>;
};

const listRuns = async ({ kube, buildsApiRuns }: ArchiveLogsOptions, now: Date): Promise<ListedRuns> => {
  const runs = new ListedRuns(buildsApiRuns, now);
  await kube.scan<PipelineRun>('pipelineruns', (run) => runs.add(run));
  return runs;
};

const listJobs = async ({ kube }: ArchiveLogsOptions): Promise<ListedJobs> => {
  const [names, active] = [new Set<string>(), new Set<string>()];
  await kube.scan<StartedJob>('jobs', (job) => {
    names.add(job.metadata.name);
    if (!hasArchiverEnded(job)) active.add(`${toolOf(job)}/${job.metadata.name}`);
  });
  return { names, active };
};

/** Tells whether a running build has no archiver, or nobody closes the log of a finished build. */
const lacksArchiver = (
  tool: string,
  { state }: LedgerView,
  runs: readonly ListedRun[],
  { jobs, now }: Pick<Listed, 'jobs' | 'now'>,
): boolean => {
  const running = new Set(state.running.map(({ id }) => id));
  const isWritten = (id: string) => jobs.active.has(`${tool}/${id}`);
  return (
    runs.some(({ id, hasStarted, ending }) => running.has(id) && hasStarted && !ending && !jobs.names.has(id)) ||
    state.finished.some((build) => build.log === 'live' && (isOverdue(build, now) || !isWritten(build.id)))
  );
};

/** Judges one ledger. Undefined where sweep would change nothing about its tool. Takes runs and archives of the tool. */
const selectedLedger = (tool: string, view: LedgerView, listed: Listed): Selected | undefined => {
  const ledger = ledgerName(tool);
  const { state } = view;
  listed.claimants.delete(tool);
  const { runs: observed, hasOthers } = listed.runs.take(tool, knownIds(state));
  const builds = [...state.running, ...state.queued, ...state.finished].map(({ id }) => id);
  const hasOtherLogs = listed.archives.takeOthers(ledger, builds);
  const isSelected =
    hasOthers ||
    hasOtherLogs ||
    needsReconcile({ ...view, tool, observed }, listed) ||
    lacksArchiver(tool, view, observed, listed);
  return isSelected ? { ledger, tool, hasOtherLogs } : undefined;
};

/**
 * Judges one ledger. A ledger that cannot be judged is selected: sweepLedger then logs the error with the tool's name,
 * and all other tools are swept.
 */
const selectedOrUnjudged = (tool: string, view: LedgerView, listed: Listed): Selected | undefined => {
  try {
    return selectedLedger(tool, view, listed);
  } catch {
    listed.runs.take(tool, new Set());
    return { ledger: ledgerName(tool), tool, hasOtherLogs: listed.archives.takeOthers(ledgerName(tool), []) };
  }
};

/** Selects the tools that have runs, claims or a turn to wait for, but no ledger, and the archives without a ledger. */
const selectedRest = ({ runs, archives, claimants }: Listed): Selected[] => {
  const tools = [...runs.toolsLeft(), ...claimants];
  const toolOfLedger = new Map(tools.map((tool) => [ledgerName(tool), tool]));
  const left = new Set(archives.ledgersLeft());
  return [...new Set([...toolOfLedger.keys(), ...left])].map((ledger) => ({
    ledger,
    tool: toolOfLedger.get(ledger),
    hasOtherLogs: left.has(ledger),
  }));
};

/**
 * Lists the archives, runs, Jobs and ledgers of all tools once, and selects the ledgers about which `sweepLedger` may have
 * something to correct. Memory holds one ledger or run at a time.
 *
 * The order of the lists matters. The archived logs come first: a log is only written for a build that is in a ledger
 * already. The runs come before the ledgers: a run is only created for a build that is in a ledger already. What changes
 * meanwhile can only select a tool too many: sweepLedger reads everything again.
 * @param end when the sweep should begin with no further tool. Half of the time until then is for the list of archives
 */
export const selectLedgers = async (options: ArchiveLogsOptions, end: Date): Promise<Selected[]> => {
  const { capacity, ledger, buildsApiRuns, store, log } = options;
  const archives = await readArchives(store, log, options.now, end);
  const now = options.now();
  const [runs, jobs, state] = await Promise.all([listRuns(options, now), listJobs(options), capacity.read()]);
  // Nobody looks at claims if the cluster's capacity is not limited.
  const claims = capacity.slots === undefined ? [] : [...state.claims, ...state.waiting];
  const claimants = new Set(claims.map(({ tool }) => tool));
  const conditions = { capacity: state, slots: capacity.slots, keepsRuns: buildsApiRuns !== 'ignore', now };
  const listed: Listed = { ...conditions, archives, runs, jobs, claimants };
  const selected: Selected[] = [];
  await ledger.scan((tool, view) => {
    const found = selectedOrUnjudged(tool, view, listed);
    if (found) selected.push(found);
  });
  return [...selected, ...selectedRest(listed)];
};
