import { randomUUID } from 'node:crypto';
import { claimForRunning, finishRevocation, markRevoked, registerWaiting, roomFor } from '../capacity/state.ts';
import type { CapacityState } from '../capacity/types.ts';
import type { ObservedRun } from '../ledger/diff.ts';
import { promotableBuilds, waitingSince } from '../ledger/state.ts';
import type { LedgerState, Limits } from '../ledger/types.ts';
import type { BuildsContext } from './context.ts';
import type { Correction } from './correction.ts';

/** A start or a promotion that is at work between its two writes is not disturbed for so long. */
const graceMs = 30_000;

/** A tool's ledger, and its runs as they were before that was read. */
type Seen = { state: LedgerState; limits: Limits; observed: readonly ObservedRun[] };

type Audit = { missing: string[]; orphans: string[] };

const compare = (seen: CapacityState, tool: string, { state, observed }: Seen, now: Date): Audit => {
  const mine = seen.claims.filter((claim) => claim.tool === tool);
  const held = new Set(mine.filter(({ revoked }) => !revoked).map(({ id }) => id));
  const running = new Set(state.running.map(({ id }) => id));
  const live = new Set(observed.filter(({ ending }) => !ending).map(({ id }) => id));
  const finished = new Set(state.finished.map(({ id }) => id));
  const isOld = (at: string) => now.getTime() - Date.parse(at) > graceMs;
  return {
    missing: [...running].filter((id) => !held.has(id)),
    orphans: mine
      .filter(({ id, at }) => !running.has(id) && !live.has(id) && (finished.has(id) || isOld(at)))
      .map(({ id }) => id),
  };
};

/**
 * Takes away claims of builds that do not run, which a function that was killed left behind: marks them, writes the
 * ledger, removes them. Whoever read the ledger before can then not write it; whoever reads it later finds the mark.
 */
const takeAway = async ({ capacity, ledger }: BuildsContext, tool: string, ids: readonly string[]): Promise<void> => {
  const by = randomUUID();
  await capacity.change((state) => ({ state: markRevoked(state, ids, by), result: undefined }));
  const { running } = await ledger.fence(tool);
  const ran = new Set(running.map(({ id }) => id));
  await capacity.change((state) => ({ state: finishRevocation(state, by, ran), result: undefined }));
};

/** Brings what the capacity says of a tool in line with its ledger. Nothing where no capacity is set. */
export const reconcileClaims = async (context: BuildsContext, tool: string, own: Seen): Promise<Correction[]> => {
  const { state, limits } = own;
  const { capacity, now } = context;
  if (capacity.slots === undefined) return [];
  const seen = await capacity.read();
  const { missing, orphans } = compare(seen, tool, own, now());
  if (orphans.length > 0) await takeAway(context, tool, orphans);
  const correct = (current: CapacityState): CapacityState => {
    const known = new Set(current.claims.map(({ id }) => id));
    const waiting = promotableBuilds(state, limits).filter(({ id }) => !known.has(id));
    const started = state.running.filter(({ id }) => missing.includes(id));
    const since = current.waiting.find((other) => other.tool === tool)?.since ?? waitingSince(state, waiting[0]);
    const adopted = claimForRunning(current, tool, started);
    return registerWaiting(adopted, tool, Math.min(waiting.length, roomFor(adopted, tool, limits.running)), since);
  };
  if (orphans.length > 0 || correct(seen) !== seen)
    await capacity.change((current) => ({ state: correct(current), result: undefined }));
  return [
    ...missing.map((id) => ({ kind: 'claim_added' as const, id })),
    ...orphans.map((id) => ({ kind: 'claim_removed' as const, id })),
  ];
};
