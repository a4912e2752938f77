import type { BuildRecord, LedgerState } from './types.ts';

const changeBuild = (state: LedgerState, id: string, change: (build: BuildRecord) => BuildRecord): LedgerState => {
  const changed = (builds: BuildRecord[]) => builds.map((build) => (build.id === id ? change(build) : build));
  return { ...state, running: changed(state.running), finished: changed(state.finished) };
};

/** Returns a build that runs or has ended. */
const findBuild = ({ running, finished }: LedgerState, id: string): BuildRecord | undefined =>
  [...running, ...finished].find((build) => build.id === id);

/** Notes that an event about a build's run has come. Returns the same state if that is known already. */
export const noteEvent = (state: LedgerState, id: string): LedgerState => {
  if (!findBuild(state, id)?.event) return state;
  return changeBuild(state, id, ({ event: _, ...build }) => build);
};

/**
 * Notes that no event about a build's run has come in time. Returns the same state if one has come, or if that is known
 * already.
 */
export const noteMissedEvent = (state: LedgerState, id: string): LedgerState => {
  if (findBuild(state, id)?.event !== 'awaited') return state;
  return changeBuild(state, id, (build) => ({ ...build, event: 'missed' }));
};

/** Time in which an event about a run that has started must come, in milliseconds. */
const eventMs = 10_000;

/** Says whether an event about a build's run should have come by now. @param startTime when the run started */
export const isEventOverdue = ({ event }: BuildRecord, startTime: string | undefined, now: Date): boolean =>
  event === 'awaited' && now.getTime() - Date.parse(startTime ?? '') > eventMs;
