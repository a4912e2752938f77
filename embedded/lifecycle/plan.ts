import type { GroupMember } from './buildpacks.ts';

export type Require = { name: string; metadata?: Record<string, unknown> };
export type Alternative = { provides: { name: string }[]; requires: Require[] };
/** The build plan that a buildpack's bin/detect writes: what the buildpack provides and requires, and alternatives. */
export type BuildPlanToml = Partial<Alternative> & { or?: Partial<Alternative>[] };
export type PlanEntry = { providers: { id: string; version: string }[]; requires: Require[] };

type Candidate = { member: GroupMember; alternative: Alternative };
export type Resolved = { group: GroupMember[]; entries: PlanEntry[] };

/** Returns all alternatives of a build plan, the first choice first. */
export const alternativesOf = ({ or = [], ...first }: BuildPlanToml): Alternative[] =>
  [first, ...or].map(({ provides = [], requires = [] }) => ({ provides, requires }));

type Dependency = { open: GroupMember[]; early: GroupMember[]; providers: GroupMember[]; requires: Require[] };

/** Collects for each name in the build plans which buildpacks provide and require it, in the order of the group. */
const dependenciesOf = (candidates: Candidate[]): Map<string, Dependency> => {
  const found = new Map<string, Dependency>();
  const at = (name: string): Dependency => {
    const entry = found.get(name) ?? { open: [], early: [], providers: [], requires: [] };
    found.set(name, entry);
    return entry;
  };
  for (const { member, alternative } of candidates) {
    for (const { name } of alternative.provides) at(name).open.push(member);
    for (const require of alternative.requires) {
      const entry = at(require.name);
      entry.providers.push(...entry.open.splice(0));
      if (entry.providers.length === 0) entry.early.push(member);
      else entry.requires.push(require);
    }
  }
  return found;
};

/**
 * Resolves the build plan for one chosen alternative of each buildpack. An optional buildpack is dropped when nobody
 * provides what it requires, or nobody requires what it provides. Returns undefined when this holds for a required
 * buildpack, or when no buildpack is left.
 */
const tryCandidates = (candidates: Candidate[]): Resolved | undefined => {
  const dependencies = dependenciesOf(candidates);
  const unmet = new Set([...dependencies.values()].flatMap(({ early, open }) => [...early, ...open]));
  if ([...unmet].some(({ optional }) => !optional)) return undefined;
  if (unmet.size > 0) return tryCandidates(candidates.filter(({ member }) => !unmet.has(member)));
  if (candidates.length === 0) return undefined;
  const entries = [...dependencies.values()].map(({ providers, requires }) => ({
    providers: providers.map(({ id, version }) => ({ id, version })),
    requires,
  }));
  return { group: candidates.map(({ member }) => member), entries };
};

/**
 * Returns the first combination of the buildpacks' alternatives in which everything required is provided by the same or
 * an earlier buildpack, and everything provided is required; undefined when there is none.
 * @see Buildpack specification, "Build Plan"
 */
export const resolvePlan = (detected: { member: GroupMember; alternatives: Alternative[] }[]): Resolved | undefined => {
  const tryFrom = (index: number, chosen: Candidate[]): Resolved | undefined => {
    const next = detected[index];
    if (next === undefined) return tryCandidates(chosen);
    for (const alternative of next.alternatives) {
      const resolved = tryFrom(index + 1, [...chosen, { member: next.member, alternative }]);
      if (resolved !== undefined) return resolved;
    }
    return undefined;
  };
  return tryFrom(0, []);
};

/**
 * Returns the requirements for everything in the build plan that a buildpack provides. The buildpack's bin/build reads
 * these requirements.
 */
export const entriesFor = (entries: PlanEntry[], id: string): Require[] =>
  entries
    .filter(({ providers }) => providers.some((provider) => provider.id === id))
    .flatMap(({ requires }) => requires);
