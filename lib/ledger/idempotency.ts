import { isDeepStrictEqual } from 'node:util';
import type { IdempotencyKey, IdempotencyRecord, LedgerState, NewBuild, StartRecord, StartResult } from './types.ts';

const lifetimeMs = 24 * 60 * 60 * 1000;
const maxRecords = 1000;

/** Returns the records of Idempotency-Keys that are younger than a day, at most the newest 1,000. */
const unexpired = (records: IdempotencyRecord[], now: Date): IdempotencyRecord[] =>
  records.filter(({ at }) => now.getTime() - Date.parse(at) < lifetimeMs).slice(-maxRecords);

/**
 * Returns the result for an Idempotency-Key that was used in the last day: the earlier response, or `key_reused` where
 * the key came with another request. Undefined for a new key.
 */
export const resultForKey = (
  { keys }: LedgerState,
  key: IdempotencyKey | undefined,
  now: Date,
): StartResult | undefined => {
  const record = key && unexpired(keys, now).find((known) => known.key === key.key);
  if (!record) return undefined;
  return record.request === key.request ? { kind: 'repeated', record } : { kind: 'key_reused' };
};

/** Returns what the response to a start shows of a build. @param position in the queue; 0 for a build that runs */
export const startRecord = ({ id, commit, resolvedRef }: NewBuild, position: number): StartRecord => ({
  id,
  commit,
  ...(resolvedRef === undefined ? {} : { resolvedRef }),
  position,
});

/**
 * Returns the result of a start whose build is in the ledger already. Either the client repeats an Idempotency-Key
 * whose record has expired, because a key always gives the same id, or the write of the ledger is repeated because its
 * response was lost. Undefined for a build that is not in the ledger.
 */
export const resultForKnownId = (
  { running, queued, finished }: LedgerState,
  build: NewBuild,
): StartResult | undefined => {
  const known = [...queued, ...running, ...finished].find(({ id }) => id === build.id);
  if (!known) return undefined;
  if (!isDeepStrictEqual(known.parameters, build.parameters)) return { kind: 'key_reused' };
  const position = queued.indexOf(known) + 1;
  return { kind: 'accepted', record: startRecord(known, position) };
};

/**
 * Returns the ledger without the expired records of Idempotency-Keys. If an accepted start came with a key, adds a
 * record of that key.
 */
export const withKeyRecord = (
  state: LedgerState,
  key: IdempotencyKey | undefined,
  record: StartRecord,
  now: Date,
): LedgerState => {
  const added = key ? [{ ...key, ...record, at: now.toISOString() }] : [];
  return { ...state, keys: [...unexpired(state.keys, now), ...added] };
};
