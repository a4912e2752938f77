/** Decides which builds hold the cluster's slots, and which tool gets the next slot. All functions are pure. */

import type { CapacityState, Claim, Counts, WaitingTool } from './types.ts';

export const emptyCapacity: CapacityState = { claims: [], waiting: [], counts: { mended: {}, deadLetters: 0 } };

/** Claims that a change of a ledger needs and gives back, if the tool's own limit were the only limit. */
export type ClaimRequest = {
  tool: string;
  /** Ids of builds whose run has ended, so that their claims are given back. */
  ended: readonly string[];
  /**
   * Ids of the queued or new builds that the tool's own limit would let start, in the order of the queue. Some may hold
   * a claim already.
   */
  wanted: readonly string[];
  /** Time since which the tool waits for its turn: RFC 3339 in UTC. */
  since: string;
  /** Limit of builds that the tool may run at once. */
  limit: number;
};

const countByTool = (claims: readonly Claim[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { tool } of claims) counts.set(tool, (counts.get(tool) ?? 0) + 1);
  return counts;
};

type Candidate = WaitingTool & { running: number };

/**
 * Tells whether the turn of tool `a` comes before the turn of tool `b`: the fewest running builds first, then the
 * longest wait.
 */
const isBefore = (a: Candidate, b: Candidate): boolean => {
  if (a.running !== b.running) return a.running < b.running;
  return a.since === b.since ? a.tool < b.tool : a.since < b.since;
};

/**
 * Returns the time since which a tool counts as waiting when it has just got a slot: a text that sorts after every time
 * in RFC 3339, and after the texts of tools that got a slot before, while more slots were free.
 */
const afterEveryTime = (free: number): string => `~${String(9999 - free).padStart(4, '0')}`;

/** Gives one free slot to the tool whose turn it is. Returns the tool; undefined where no tool wants a slot. */
const takeTurn = (candidates: readonly Candidate[], free: number): string | undefined => {
  const [first, ...others] = candidates.filter(({ wants }) => wants > 0);
  if (!first) return undefined;
  const next = others.reduce((best, other) => (isBefore(other, best) ? other : best), first);
  next.running += 1;
  next.wants -= 1;
  // A tool that has just got a slot comes after all other tools with the same number of running builds.
  next.since = afterEveryTime(free);
  return next.tool;
};

/** Returns how many of the free slots each waiting tool may take now. */
export const fairShares = ({ claims, waiting }: CapacityState, slots: number): Map<string, number> => {
  const running = countByTool(claims);
  const candidates = waiting.map((tool) => ({ ...tool, running: running.get(tool.tool) ?? 0 }));
  const given = new Map<string, number>();
  for (let free = slots - claims.length; free > 0; free -= 1) {
    const tool = takeTurn(candidates, free);
    if (tool === undefined) break;
    given.set(tool, (given.get(tool) ?? 0) + 1);
  }
  return given;
};

/**
 * Sets how many builds of a tool wait only for a free slot of the cluster, and since when. With 0 builds, the tool no
 * longer waits.
 */
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

/**
 * Returns the ids of the builds that may start: those in front of the first build without a claim, because no build may
 * overtake another build of its tool.
 */
const claimedPrefix = (wanted: readonly string[], claims: readonly Claim[]): readonly string[] => {
  const claimed = new Set(claims.filter(({ revoked }) => !revoked).map(({ id }) => id));
  const end = wanted.findIndex((id) => !claimed.has(id));
  return end < 0 ? wanted : wanted.slice(0, end);
};

/** Returns how many more claims a tool may take under its own limit. */
export const roomFor = ({ claims }: CapacityState, tool: string, limit: number): number =>
  Math.max(0, limit - claims.filter((claim) => claim.tool === tool).length);

/**
 * Tells whether a tool holds as many claims as its limit allows, and some of them belong to builds that are not running
 * yet. The start of such a build has not written the ledger yet, or its function was killed.
 * @param builds ids of the running builds
 */
export const isFilledByUnknownClaims = (
  state: CapacityState,
  { tool, limit }: ClaimRequest,
  builds: ReadonlySet<string>,
): boolean =>
  roomFor(state, tool, limit) === 0 &&
  state.claims.some((claim) => claim.tool === tool && !claim.revoked && !builds.has(claim.id));

/**
 * Returns how many more claims a tool waits for. A build whose claim is being revoked blocks all later builds of its
 * tool, so the tool waits for no claim, and free slots go to other tools.
 */
const wantedClaims = (state: CapacityState, { tool, wanted, limit }: ClaimRequest, unclaimed: readonly string[]) => {
  const isBlocked = state.claims.some(({ id, revoked }) => revoked && wanted.includes(id));
  return isBlocked ? 0 : Math.min(unclaimed.length, roomFor(state, tool, limit));
};

/**
 * Gives back the claims of ended builds, takes the tool's fair share of the free slots, and registers how many more
 * slots the tool waits for. Claims of builds that no ledger knows count against the tool's limit: otherwise a tool
 * whose ledger cannot be written would take every slot.
 * @returns ids of the builds that may run, which are the first ids of `wanted`
 */
export const admit = (
  state: CapacityState,
  request: ClaimRequest,
  slots: number,
  now: Date,
): { state: CapacityState; result: ReadonlySet<string> } => {
  const { tool, ended, wanted, since } = request;
  const freed = withoutClaims(state, ended);
  const known = new Set(freed.claims.map(({ id }) => id));
  const unclaimed = wanted.filter((id) => !known.has(id));
  const wants = wantedClaims(freed, request, unclaimed);
  const registered = registerWaiting(freed, tool, wants, since);
  const share = fairShares(registered, slots).get(tool) ?? 0;
  if (share === 0) return { state: registered, result: new Set(claimedPrefix(wanted, registered.claims)) };
  const at = now.toISOString();
  const claims = [...registered.claims, ...unclaimed.slice(0, share).map((id) => ({ tool, id, at }))];
  const next = registerWaiting({ ...registered, claims }, tool, wants - share, at);
  return { state: next, result: new Set(claimedPrefix(wanted, claims)) };
};

const mapClaims = (state: CapacityState, map: (claim: Claim) => Claim[]): CapacityState => {
  const claims = state.claims.flatMap(map);
  const isUnchanged = claims.length === state.claims.length && claims.every((claim, at) => claim === state.claims[at]);
  return isUnchanged ? state : { ...state, claims };
};

/**
 * Marks claims as revoked by one process, also claims that another process has marked. `finishRevocation` removes the
 * marked claims after the tool's ledger was written once more. A process that read the ledger before that write can no
 * longer write the ledger, so it can't start a build whose claim is revoked.
 * @param by a random name of the process
 */
export const markRevoked = (state: CapacityState, ids: readonly string[], by: string): CapacityState =>
  mapClaims(state, (claim) => [ids.includes(claim.id) ? { ...claim, revoked: by } : claim]);

const withoutMark = ({ revoked: _, ...claim }: Claim): Claim => claim;

/**
 * Removes the claims that one process has marked as revoked. A build that runs by then keeps its claim.
 * @param by the name of the process that `markRevoked` got
 */
export const finishRevocation = (state: CapacityState, by: string, running: ReadonlySet<string>): CapacityState =>
  mapClaims(state, (claim) => {
    if (claim.revoked !== by) return [claim];
    return running.has(claim.id) ? [withoutMark(claim)] : [];
  });

/**
 * Gives every running build of a tool a claim, even beyond the capacity: the capacity may have been set or lowered
 * while the build ran. The claim gets the time of the build's start. If the build ends meanwhile, the claim counts as
 * old, and a reconcile removes the claim without a grace period.
 */
export const claimForRunning = (
  state: CapacityState,
  tool: string,
  running: readonly { id: string; acceptedAt: string; startedAt?: string }[],
): CapacityState => {
  const ids = running.map(({ id }) => id);
  const kept = mapClaims(state, (claim) => [claim.revoked && ids.includes(claim.id) ? withoutMark(claim) : claim]);
  const known = new Set(kept.claims.map(({ id }) => id));
  const missing = running
    .filter(({ id }) => !known.has(id))
    .map(({ id, startedAt, acceptedAt }) => ({ tool, id, at: startedAt ?? acceptedAt }));
  return missing.length === 0 ? kept : { ...kept, claims: [...kept.claims, ...missing] };
};

/** Adds the corrections and dead letters of one sweep to the totals in the capacity. */
export const addCounts = (state: CapacityState, { mended, deadLetters }: Counts): CapacityState => {
  const total = { ...state.counts.mended };
  for (const [kind, times] of Object.entries(mended)) total[kind] = (total[kind] ?? 0) + times;
  return { ...state, counts: { mended: total, deadLetters: state.counts.deadLetters + deadLetters } };
};
