import type { Target } from './target.ts';

/** Whether the suite tests the service on a cluster. */
export const onCluster = process.env.CONTRACT_TARGET === 'cluster';

/** Timeout of a test with builds, in milliseconds. */
export const buildTimeoutMs = onCluster ? 600_000 : 60_000;

/**
 * Starts or opens the service to test.
 * @param settings settings of the functions of an embedded platform. A cluster keeps its own settings.
 */
export const startTarget = async (settings: Record<string, string> = {}): Promise<Target> => {
  if (!onCluster) return (await import('./embedded-target.ts')).embeddedTarget(settings);
  return (await import('./cluster-target.ts')).clusterTarget();
};
