/** Which builds hold the cluster's slots, and which tool gets the next one. Pure. */

import type { CapacityState, Claim, Counts, WaitingTool } from './types.ts';

export const emptyCapacity: CapacityState = { claims: [], waiting: [], counts: { mended: {}, deadLetters: 0 } };

/** The claims that a change of a ledger needs and gives back, as the tool's own limit would allow the change. */
export type ClaimRequest = {
  tool: string;
  /** Ids of builds whose run has ended. */
  ended: readonly string[];
  /** Ids of builds that could start, first in, first out. Some may hold a claim already. */
  wanted: readonly string[];
  /** Since when the tool waits for its turn: RFC 3339 in UTC. */
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

/** Orders tools by turn: the fewest running builds first, then the longest wait. */
const isBefore = (a: Candidate, b: Candidate): boolean => {
  if (a.running !== b.running) return a.running < b.running;
  return a.since === b.since ? a.tool < b.tool : a.since < b.since;
};

/** Returns a text that sorts after every time, and later the fewer slots are free. */
const afterEveryTime = (free: number): string => `~${String(9999 - free).padStart(4, '0')}`;

/** Gives one slot to the tool whose turn it is. Returns the tool; undefined where no tool wants a slot. */
const takeTurn = (candidates: readonly Candidate[], free: number): string | undefined => {
  const [first, ...others] = candidates.filter(({ wants }) => wants > 0);
  if (!first) return undefined;
  const next = others.reduce((best, other) => (isBefore(other, best) ? other : best), first);
  next.running += 1;
  next.wants -= 1;
  // The tool has had its turn: every tool with as many running builds goes first.
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

/** Sets how many builds of the tool wait for the cluster's capacity alone, and since when. 0 builds end the wait. */
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

/** Drops everything from the first build without a claim: no build may overtake another build of its tool. */
const claimedPrefix = (wanted: readonly string[], claims: readonly Claim[]): readonly string[] => {
  const claimed = new Set(claims.filter(({ revoked }) => !revoked).map(({ id }) => id));
  const end = wanted.findIndex((id) => !claimed.has(id));
  return end < 0 ? wanted : wanted.slice(0, end);
};

/** Returns how many more claims a tool may take. */
export const roomFor = ({ claims }: CapacityState, tool: string, limit: number): number =>
  Math.max(0, limit - claims.filter((claim) => claim.tool === tool).length);

/**
 * Tells whether a tool holds all the claims that it may, some of them for builds other than the given ones: for starts
 * that have not written the ledger yet, or whose function was killed.
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
 * tool, so the tool does not wait and the slots go to others.
 */
const wantedClaims = (state: CapacityState, { tool, wanted, limit }: ClaimRequest, unclaimed: readonly string[]) => {
  const isBlocked = state.claims.some(({ id, revoked }) => revoked && wanted.includes(id));
  return isBlocked ? 0 : Math.min(unclaimed.length, roomFor(state, tool, limit));
};

/**
 * Gives back the claims of ended builds, takes the tool's fair share of the free slots, and registers what the tool still
 * waits for. Claims of builds that no ledger knows count against the tool's limit: otherwise a tool whose ledger cannot be
 * written would take every slot.
 * @returns ids of the builds that may run: the first ones of `wanted`
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
 * Marks claims as revoked by one process, also claims that another process has marked. `finishRevocation` removes them
 * after the tool's ledger was written once more: nobody who read the ledger before can then write what a claim allowed.
 * @param by a random name of the process
 */
export const markRevoked = (state: CapacityState, ids: readonly string[], by: string): CapacityState =>
  mapClaims(state, (claim) => [ids.includes(claim.id) ? { ...claim, revoked: by } : claim]);

const withoutMark = ({ revoked: _, ...claim }: Claim): Claim => claim;

/**
 * Removes the claims that one process has marked. Builds that run by then keep their claims.
 * @param by the name that `markRevoked` got
 */
export const finishRevocation = (state: CapacityState, by: string, running: ReadonlySet<string>): CapacityState =>
  mapClaims(state, (claim) => {
    if (claim.revoked !== by) return [claim];
    return running.has(claim.id) ? [withoutMark(claim)] : [];
  });

/**
 * Gives every running build a claim, whatever the capacity: the capacity may have been set or lowered while the build
 * ran. The claim is as old as the build's start, so that the claim of a build that has just ended is removed at once.
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

/** Adds to the totals of sweep's work. */
export const addCounts = (state: CapacityState, { mended, deadLetters }: Counts): CapacityState => {
  const total = { ...state.counts.mended };
  for (const [kind, times] of Object.entries(mended)) total[kind] = (total[kind] ?? 0) + times;
  return { ...state, counts: { mended: total, deadLetters: state.counts.deadLetters + deadLetters } };
};
