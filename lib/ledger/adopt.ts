import type { ObservedRun } from './diff.ts';
import { knownIds } from './gone.ts';
import { isTooLarge, retain } from './retention.ts';
import { endedBuild } from './state.ts';
import { storedSize } from './stored-size.ts';
import type { BuildRecord, LedgerState, Limits } from './types.ts';

/**
 * Limit for the record of an adopted build, in bytes. builds-api has no limit for environment variables, and a larger
 * record could fill the ledger. Its run stays as it is, and is never adopted.
 */
const maxRecordBytes = 100_000;

type Adoptable = ObservedRun & { build: BuildRecord };

/** Tells whether a run that builds-api made can be adopted by a ledger that does not know its build. */
export const isAdoptable = (run: ObservedRun): run is Adoptable =>
  run.build !== undefined && !run.deleting && storedSize([run.build]) <= maxRecordBytes;

const timeOf = ({ finishedAt = '' }: BuildRecord): number => Date.parse(finishedAt);

const withAdopted = (state: LedgerState, { build, ending }: Adoptable): LedgerState => {
  if (!ending) return { ...state, running: [...state.running, build] };
  const finished = [...state.finished, endedBuild(build, ending)].sort((a, b) => timeOf(b) - timeOf(a));
  return { ...state, finished };
};

/**
 * Returns a ledger with the builds of the runs that builds-api made, newest first while the ledger has room. Pure.
 * Returns the same state where the ledger knows all of them. A run that is being deleted is not adopted. Adopted builds
 * count as running builds also beyond the tool's limit, because their runs run already.
 */
export const adopt = (state: LedgerState, runs: readonly ObservedRun[], limits: Limits): LedgerState => {
  const known = knownIds(state);
  const found = runs.filter(isAdoptable).filter(({ id }) => !known.has(id));
  if (found.length === 0) return state;
  const newestFirst = found.sort((a, b) => b.build.acceptedAt.localeCompare(a.build.acceptedAt));
  const adopted = newestFirst.reduce((current, run) => {
    const next = withAdopted(current, run);
    return isTooLarge(next) ? current : next;
  }, state);
  return adopted === state ? state : retain(adopted, limits);
};
