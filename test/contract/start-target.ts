import type { Target } from './target.ts';

/** Whether the contract tests run against the service on a cluster. */
export const onCluster = process.env.CONTRACT_TARGET === 'cluster';

/** Time limit of a test that starts builds, in milliseconds. */
export const buildTimeoutMs = onCluster ? 600_000 : 60_000;

/**
 * Starts an embedded platform for the contract tests, or opens the service on a cluster.
 * @param settings settings of the functions on an embedded platform. A cluster keeps its own settings
 */
export const startTarget = async (settings: Record<string, string> = {}): Promise<Target> => {
  if (!onCluster) return (await import('./embedded-target.ts')).embeddedTarget(settings);
  return (await import('./cluster-target.ts')).clusterTarget();
};
