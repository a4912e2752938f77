import type { KubeObject } from '../kube/resources.ts';

/** One of the cluster's slots, held by a build from before its entry says running until its run has ended. */
export type Claim = {
  tool: string;
  /** The build's id. */
  id: string;
  /** RFC 3339 in UTC. */
  at: string;
  /** Who is taking the claim away: it counts, but nobody may start its build. */
  revoked?: string;
};

/** A tool with builds that nothing but the capacity keeps from running. */
export type WaitingTool = {
  tool: string;
  /** When the first of them was accepted, or when one of its builds last began or ended, whichever is later. */
  since: string;
  /** How many of them its own limit would let run. */
  wants: number;
};

/** What sweep found to do since the object exists, by the kind of the mend. */
export type Counts = { mended: Record<string, number>; deadLetters: number };

export type CapacityState = { claims: Claim[]; waiting: WaitingTool[]; counts: Counts };

/** builds.toolforge.org/v1alpha1 BuildCapacity: one object for all tools. */
export type BuildCapacity = KubeObject & {
  status?: Partial<CapacityState> & { summary?: { running: number; slots?: number; waiting: number } };
};
