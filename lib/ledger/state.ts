import { isDeepStrictEqual } from 'node:util';
import type { Status } from '../../openapi/generated/types.ts';
import { storedSize } from './stored-size.ts';
import type { BuildRecord, IdempotencyRecord, LedgerState, LogState } from './types.ts';

/** How many builds a tool may have, and how many finished ones are kept. */
export type Limits = {
  running: number;
  queued: number;
  succeeded: number;
  failed: number;
  /** Builds that hold one of the cluster's slots; undefined while that is no question. */
  claimed?: ReadonlySet<string>;
};

export type NewBuild = Pick<BuildRecord, 'id' | 'parameters' | 'sourceUrl' | 'commit' | 'image'>;
export type IdempotencyKey = Pick<IdempotencyRecord, 'key' | 'request'>;

export type StartResult =
  | { kind: 'accepted'; record: Pick<IdempotencyRecord, 'id' | 'commit' | 'position'> }
  | { kind: 'repeated'; record: IdempotencyRecord }
  | { kind: 'key_reused' }
  | { kind: 'full' }
  /** The ledger has no room for a build with so many parameters. */
  | { kind: 'too_large' };

/** How a build ended. `log` only where there never was a run to take one from. */
export type Ending = { status: Status; message: string; finishedAt: string; digest?: string; log?: LogState };

export type CancelResult = 'cancelled' | 'cancelling' | 'finished' | 'unknown';

export const emptyState: LedgerState = { running: [], queued: [], finished: [], keys: [] };

const keyLifetimeMs = 24 * 60 * 60 * 1000;
const maxKeys = 1000;
/**
 * etcd refuses objects over 1.5 MiB, and a ledger that can't be written could not end its builds either. So a start
 * leaves a good part of that to what is written later: endings with their messages, and the API server's own fields.
 */
const maxBytes = 1_200_000;
const maxFinishedBytes = 700_000;

/** What a key was answered with, if it is known and not over a day old. */
export const resultForKey = (
  state: LedgerState,
  key: IdempotencyKey | undefined,
  now: Date,
): StartResult | undefined => {
  const record = key && liveKeys(state.keys, now).find((known) => known.key === key.key);
  if (!record) return undefined;
  return record.request === key.request ? { kind: 'repeated', record } : { kind: 'key_reused' };
};

/** The same id from the same key, after its record was dropped; or this very write, whose answer was lost. */
const presentOf = ({ running, queued, finished }: LedgerState, entry: NewBuild): StartResult | undefined => {
  const present = [...queued, ...running, ...finished].find(({ id }) => id === entry.id);
  if (!present) return undefined;
  if (!isDeepStrictEqual(present.parameters, entry.parameters)) return { kind: 'key_reused' };
  const position = queued.indexOf(present) + 1;
  return { kind: 'accepted', record: { id: present.id, commit: present.commit, position } };
};

const liveKeys = (keys: IdempotencyRecord[], now: Date): IdempotencyRecord[] =>
  keys.filter(({ at }) => now.getTime() - Date.parse(at) < keyLifetimeMs).slice(-maxKeys);

const queuedEntry = (entry: NewBuild, now: Date): BuildRecord => ({
  ...entry,
  acceptedAt: now.toISOString(),
  status: 'BUILD_PENDING',
  message: '',
  log: 'live',
});

/** The builds at the head of the queue that the tool's own limit lets run. */
export const promotableBuilds = ({ running, queued }: LedgerState, limits: Limits): BuildRecord[] =>
  queued.slice(0, Math.max(0, limits.running - running.length));

/**
 * Since when the tool waits for its turn: since its first waiting build came, or since one of its builds last began or
 * ended. Else a tool that always has builds waiting would always have waited longest.
 */
export const waitingSince = ({ lastTurn = '' }: LedgerState, head: BuildRecord | undefined): string => {
  const { acceptedAt = '' } = head ?? {};
  return acceptedAt > lastTurn ? acceptedAt : lastTurn;
};

/** Fills free slots from the head of the queue; where the cluster's are counted, with those that hold one. */
export const promote = (state: LedgerState, limits: Limits, now: Date): LedgerState => {
  const first = promotableBuilds(state, limits);
  const stop = limits.claimed ? first.findIndex(({ id }) => !limits.claimed?.has(id)) : -1;
  const promoted = (stop < 0 ? first : first.slice(0, stop)).map((entry) => ({
    ...entry,
    startedAt: now.toISOString(),
  }));
  if (promoted.length === 0) return state;
  return {
    ...state,
    running: [...state.running, ...promoted],
    queued: state.queued.slice(promoted.length),
    lastTurn: now.toISOString(),
  };
};

/**
 * Accepts a build: into a free slot, else into the queue; or answers a repeated key as before; or refuses. Finished
 * builds make room for it.
 * The queue may hold limits.queued builds beyond those that get a slot at once.
 */
export const start = (
  state: LedgerState,
  entry: NewBuild,
  key: IdempotencyKey | undefined,
  limits: Limits,
  now: Date,
): { state: LedgerState; outcome: StartResult } => {
  const known = resultForKey(state, key, now) ?? presentOf(state, entry);
  if (known) return { state, outcome: known };
  const waiting = promote({ ...state, queued: [...state.queued, queuedEntry(entry, now)] }, limits, now);
  if (waiting.queued.length > limits.queued) return { state, outcome: { kind: 'full' } };
  const position = waiting.queued.findIndex(({ id }) => id === entry.id) + 1;
  const record = { id: entry.id, commit: entry.commit, position };
  const added = key ? [{ ...key, ...record, at: now.toISOString() }] : [];
  const next = retain({ ...waiting, keys: [...liveKeys(state.keys, now), ...added] }, limits);
  if (storedSize(next.finished) > roomForFinished(next)) return { state, outcome: { kind: 'too_large' } };
  return { state: next, outcome: { kind: 'accepted', record } };
};

const ended = (entry: BuildRecord, ending: Ending): BuildRecord => ({
  ...entry,
  status: ending.status,
  message: ending.message,
  finishedAt: ending.finishedAt,
  log: ending.log ?? entry.log,
  ...(ending.digest ? { digest: ending.digest } : {}),
});

/** A deleted build leaves no trace once its run has ended. */
const withFinished = (state: LedgerState, entry: BuildRecord): LedgerState => ({
  ...state,
  running: state.running.filter(({ id }) => id !== entry.id),
  queued: state.queued.filter(({ id }) => id !== entry.id),
  finished: entry.deletedAt ? state.finished : [entry, ...state.finished],
});

/** Moves a running build to finished and gives its slot to the next. Unknown ids change nothing. */
export const finish = (state: LedgerState, id: string, ending: Ending, limits: Limits, now: Date): LedgerState => {
  const entry = state.running.find((running) => running.id === id);
  if (!entry) return state;
  const freed = { ...withFinished(state, ended(entry, ending)), lastTurn: now.toISOString() };
  return retain(promote(freed, limits, now), limits);
};

const replaceRunning = (state: LedgerState, changed: BuildRecord): LedgerState => ({
  ...state,
  running: state.running.map((entry) => (entry.id === changed.id ? changed : entry)),
});

/**
 * A queued build ends at once; a running one keeps its slot until its run has really ended, so that its successor
 * can't run beside it.
 */
export const cancel = (
  state: LedgerState,
  id: string,
  limits: Limits,
  now: Date,
): { state: LedgerState; outcome: CancelResult } => {
  const running = state.running.find((entry) => entry.id === id);
  if (running?.deletedAt) return { state, outcome: 'unknown' };
  if (running?.cancelledAt) return { state, outcome: 'cancelling' };
  if (running) {
    return { state: replaceRunning(state, { ...running, cancelledAt: now.toISOString() }), outcome: 'cancelling' };
  }
  const queued = state.queued.find((entry) => entry.id === id);
  if (!queued) return { state, outcome: state.finished.some((entry) => entry.id === id) ? 'finished' : 'unknown' };
  const ending: Ending = {
    status: 'BUILD_CANCELLED',
    message: 'Cancelled while it waited.',
    finishedAt: now.toISOString(),
    log: 'complete',
  };
  return { state: retain(withFinished(state, ended(queued, ending)), limits), outcome: 'cancelled' };
};

/** Removes a build from sight. A running one is cancelled, and leaves the ledger when its run has ended. */
export const remove = (state: LedgerState, id: string, now: Date): { state: LedgerState; known: boolean } => {
  const running = state.running.find((entry) => entry.id === id && !entry.deletedAt);
  if (running) {
    const at = now.toISOString();
    return {
      state: replaceRunning(state, { ...running, cancelledAt: running.cancelledAt ?? at, deletedAt: at }),
      known: true,
    };
  }
  const without = (entries: BuildRecord[]) => entries.filter((entry) => entry.id !== id);
  const next = { ...state, queued: without(state.queued), finished: without(state.finished) };
  const known = next.queued.length + next.finished.length < state.queued.length + state.finished.length;
  return { state: known ? next : state, known };
};

/** Notes that a finished build's log is archived, or why it can't be. */
export const closeLog = (
  state: LedgerState,
  id: string,
  log: LogState,
  reason: string | undefined,
  limits: Limits,
): LedgerState => {
  const finished = state.finished.map((entry) =>
    entry.id === id ? { ...entry, log, ...(reason ? { logReason: reason } : {}) } : entry,
  );
  return retain({ ...state, finished }, limits);
};

/** In bytes; less than nothing when the others alone are more than a ledger may hold. */
const roomForFinished = ({ running, queued, keys }: LedgerState): number =>
  maxBytes - storedSize(running) - storedSize(queued) - storedSize(keys);

/** Keeps the newest finished builds, so many of each outcome and so many bytes; never drops one whose log is still written. */
export const retain = (state: LedgerState, limits: Limits): LedgerState => {
  const left = {
    succeeded: limits.succeeded,
    failed: limits.failed,
    bytes: Math.min(maxFinishedBytes, roomForFinished(state)),
  };
  const finished = state.finished.filter((entry) => {
    const kind = entry.status === 'BUILD_SUCCESS' ? 'succeeded' : 'failed';
    left[kind] -= 1;
    left.bytes -= storedSize([entry]);
    return entry.log === 'live' || (left[kind] >= 0 && left.bytes >= 0);
  });
  return finished.length === state.finished.length ? state : { ...state, finished };
};
