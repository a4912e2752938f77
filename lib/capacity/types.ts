import type { KubeObject } from '../kube/resources.ts';

/** A slot of the cluster that a build holds, from before the build runs in its ledger until its run has ended. */
export type Claim = {
  tool: string;
  /** Id of the build that holds the claim. */
  id: string;
  /** Time when the slot was claimed: RFC 3339 in UTC. */
  at: string;
  /**
   * Random name of the process that is revoking the claim. The claim takes up its slot until it is removed, but its
   * build may not start.
   */
  revoked?: string;
};

/** A tool with queued builds that wait only for a free slot of the cluster: the tool's own limit would let them run. */
export type WaitingTool = {
  tool: string;
  /**
   * Time when the tool's first queued build was accepted, or the later time when a build of the tool last began or
   * ended.
   */
  since: string;
  /** Number of queued builds that the tool's own limit would let run. */
  wants: number;
};

/**
 * Totals of all sweeps since the BuildCapacity object was created. `mended` holds the number of corrections of each
 * kind. `deadLetters` is the number of events that the broker could not deliver.
 */
export type Counts = { mended: Record<string, number>; deadLetters: number };

export type CapacityState = { claims: Claim[]; waiting: WaitingTool[]; counts: Counts };

/** The object builds.toolforge.org/v1alpha1 BuildCapacity. One object serves all tools. */
export type BuildCapacity = KubeObject & {
  status?: Partial<CapacityState> & { summary?: { running: number; slots?: number; waiting: number } };
};
