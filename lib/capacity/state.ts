import type { CapacityState, Claim, Counts, WaitingTool } from './types.ts';

export const emptyCapacity: CapacityState = { claims: [], waiting: [], counts: { mended: {}, deadLetters: 0 } };

/** What a tool's ledger would like: its own limit allows it, and only the capacity may not. */
export type ClaimRequest = {
  tool: string;
  /** Builds whose run has really ended. */
  ended: readonly string[];
  /** Ids of builds that could run, first in, first out; some may hold a claim already. */
  wanted: readonly string[];
  /** Since when the tool waits for its turn. */
  since: string;
  /** How many builds the tool may run at once. */
  limit: number;
};

const countByTool = (claims: readonly Claim[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { tool } of claims) counts.set(tool, (counts.get(tool) ?? 0) + 1);
  return counts;
};

type Candidate = WaitingTool & { running: number };

/** Fewest running builds first, then the longest wait. */
const isBefore = (a: Candidate, b: Candidate): boolean => {
  if (a.running !== b.running) return a.running < b.running;
  return a.since === b.since ? a.tool < b.tool : a.since < b.since;
};

/** Later than any time; the fewer slots are free by then, the later. */
const afterAll = (free: number): string => `~${String(9999 - free).padStart(4, '0')}`;

/** Whose the free slots are: how many each waiting tool may take now. */
export const fairShares = ({ claims, waiting }: CapacityState, slots: number): Map<string, number> => {
  const running = countByTool(claims);
  const candidates: Candidate[] = waiting.map((tool) => ({ ...tool, running: running.get(tool.tool) ?? 0 }));
  const given = new Map<string, number>();
  for (let free = slots - claims.length; free > 0; free -= 1) {
    const open = candidates.filter(({ wants }) => wants > 0);
    const [first, ...others] = open;
    if (!first) break;
    const next = others.reduce((best, other) => (isBefore(other, best) ? other : best), first);
    next.running += 1;
    next.wants -= 1;
    // It has had its turn: whoever has as many builds running goes before it.
    next.since = afterAll(free);
    given.set(next.tool, (given.get(next.tool) ?? 0) + 1);
  }
  return given;
};

/** Notes how many builds of the tool wait for the capacity alone, and since when. */
export const registerWaiting = (state: CapacityState, tool: string, wants: number, since: string): CapacityState => {
  const before = state.waiting.find((waiting) => waiting.tool === tool);
  const isSame = wants === 0 ? before === undefined : before?.wants === wants && before.since === since;
  if (isSame) return state;
  const others = state.waiting.filter((waiting) => waiting.tool !== tool);
  return { ...state, waiting: wants === 0 ? others : [...others, { tool, since, wants }] };
};

const withoutClaims = (state: CapacityState, ids: readonly string[]): CapacityState => {
  const claims = state.claims.filter(({ id }) => !ids.includes(id));
  return claims.length === state.claims.length ? state : { ...state, claims };
};

/** Those at the head that hold a claim: nobody is overtaken by a build of its own tool. */
const heldPrefix = (wanted: readonly string[], claims: readonly Claim[]): readonly string[] => {
  const held = new Set(claims.filter(({ revoked }) => !revoked).map(({ id }) => id));
  const end = wanted.findIndex((id) => !held.has(id));
  return end < 0 ? wanted : wanted.slice(0, end);
};

/** Whether all that the tool may have is taken, and some of it by others than these builds. */
export const isFilledByUnknownClaims = (
  state: CapacityState,
  { tool, limit }: ClaimRequest,
  builds: ReadonlySet<string>,
): boolean =>
  roomFor(state, tool, limit) === 0 &&
  state.claims.some((claim) => claim.tool === tool && !claim.revoked && !builds.has(claim.id));

/** How many more claims the tool may take. */
export const roomFor = ({ claims }: CapacityState, tool: string, limit: number): number =>
  Math.max(0, limit - claims.filter((claim) => claim.tool === tool).length);

/**
 * Gives back the slots of ended builds and takes those that are the tool's fair share. What it does not get it waits
 * for. Claims whose builds no ledger knows count against its limit as well: else a tool whose ledger can't be written
 * would take every slot there is.
 * @returns the ids that may run, the head of `wanted`
 */
export const admit = (
  state: CapacityState,
  { tool, ended, wanted, since, limit }: ClaimRequest,
  slots: number,
  now: Date,
): { state: CapacityState; result: ReadonlySet<string> } => {
  const freed = withoutClaims(state, ended);
  const known = new Set(freed.claims.map(({ id }) => id));
  const open = wanted.filter((id) => !known.has(id));
  // Behind a claim that is being taken away nobody of this tool can start: better that others do.
  const isStuck = freed.claims.some(({ id, revoked }) => revoked && wanted.includes(id));
  const wants = isStuck ? 0 : Math.min(open.length, roomFor(freed, tool, limit));
  const asking = registerWaiting(freed, tool, wants, since);
  const share = fairShares(asking, slots).get(tool) ?? 0;
  if (share === 0) return { state: asking, result: new Set(heldPrefix(wanted, asking.claims)) };
  const at = now.toISOString();
  const claims = [...asking.claims, ...open.slice(0, share).map((id) => ({ tool, id, at }))];
  const next = registerWaiting({ ...asking, claims }, tool, wants - share, at);
  return { state: next, result: new Set(heldPrefix(wanted, claims)) };
};

const mapClaims = (state: CapacityState, map: (claim: Claim) => Claim[]): CapacityState => {
  const claims = state.claims.flatMap(map);
  const isUnchanged = claims.length === state.claims.length && claims.every((claim, at) => claim === state.claims[at]);
  return isUnchanged ? state : { ...state, claims };
};

/** Begins to take claims away, under a name of one's own; also those that somebody else did not end taking away. */
export const markRevoked = (state: CapacityState, ids: readonly string[], by: string): CapacityState =>
  mapClaims(state, (claim) => [ids.includes(claim.id) ? { ...claim, revoked: by } : claim]);

const restored = ({ revoked: _, ...claim }: Claim): Claim => claim;

/**
 * Ends what `revoke` began under that name: after the tool's ledger was written once more, so that nobody who read it
 * before can still write what the claim allowed. Those that run by then keep theirs.
 */
export const finishRevocation = (state: CapacityState, by: string, running: ReadonlySet<string>): CapacityState =>
  mapClaims(state, (claim) => {
    if (claim.revoked !== by) return [claim];
    return running.has(claim.id) ? [restored(claim)] : [];
  });

/**
 * Builds that run have a claim, whatever the capacity: it may have been set, or lowered, while they ran. Claimed as of
 * their start, so that one that has just ended is noticed at once.
 */
export const claimForRunning = (
  state: CapacityState,
  tool: string,
  running: readonly { id: string; acceptedAt: string; startedAt?: string }[],
): CapacityState => {
  const ids = running.map(({ id }) => id);
  const kept = mapClaims(state, (claim) => [claim.revoked && ids.includes(claim.id) ? restored(claim) : claim]);
  const known = new Set(kept.claims.map(({ id }) => id));
  const missing = running
    .filter(({ id }) => !known.has(id))
    .map(({ id, startedAt, acceptedAt }) => ({ tool, id, at: startedAt ?? acceptedAt }));
  return missing.length === 0 ? kept : { ...kept, claims: [...kept.claims, ...missing] };
};

/** Adds to what is counted of sweep's work. */
export const addCounts = (state: CapacityState, { mended, deadLetters }: Counts): CapacityState => {
  const total = { ...state.counts.mended };
  for (const [kind, times] of Object.entries(mended)) total[kind] = (total[kind] ?? 0) + times;
  return { ...state, counts: { mended: total, deadLetters: state.counts.deadLetters + deadLetters } };
};
