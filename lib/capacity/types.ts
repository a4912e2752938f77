import type { KubeObject } from '../kube/resources.ts';

/** A slot of the cluster. A build holds its claim from before the ledger says that it runs until its run has ended. */
export type Claim = {
  tool: string;
  /** Id of the build. */
  id: string;
  /** When the slot was claimed: RFC 3339 in UTC. */
  at: string;
  /**
   * Random name of the process that is taking the claim away. Until it is gone the claim counts, but its build may not
   * start.
   */
  revoked?: string;
};

/** A tool with queued builds that its own limit would let run. */
export type WaitingTool = {
  tool: string;
  /**
   * When the tool's first queued build was accepted, or when a build of the tool last began or ended, if that is later.
   */
  since: string;
  /** Number of queued builds that the tool's own limit would let run. */
  wants: number;
};

/** Totals of sweep's work since the object exists. `mended` counts corrections by their kind. */
export type Counts = { mended: Record<string, number>; deadLetters: number };

export type CapacityState = { claims: Claim[]; waiting: WaitingTool[]; counts: Counts };

/** The object builds.toolforge.org/v1alpha1 BuildCapacity. One object serves all tools. */
export type BuildCapacity = KubeObject & {
  status?: Partial<CapacityState> & { summary?: { running: number; slots?: number; waiting: number } };
};
