/**
 * Finds runs, TaskRuns, Jobs and pods of one tool. An id of a build does not say which tool the build belongs to, so
 * every lookup by an id or name goes through this file, which compares the tool. Only reconciles list the runs of all
 * builds of a tool (lib/builds/observe.ts).
 */

import type { ReadKube } from '../kube/client.ts';
import { ifFound } from '../kube/kube-error.ts';
import type { KubeList, KubeObject } from '../kube/resources.ts';
import { runLabel } from './run.ts';
import { toolOf } from './tool-of.ts';
import type { Pod } from './types.ts';

/** A tool, and the id of one of its builds. The id is the name of the build's run and of its archiver Job as well. */
export type BuildKey = { tool: string; id: string };

/** The resources whose objects name their tool. Tekton copies labels and annotations from a run to its TaskRuns. */
type OwnedResource = 'pipelineruns' | 'taskruns' | 'jobs';

/** Tells whether a run, TaskRun, Job or pod belongs to a tool. An object that names no tool belongs to no tool. */
export const belongsTo = (object: KubeObject, tool: string): boolean => toolOf(object) === tool;

/**
 * Reads an object of a tool by its name. Undefined where the object does not exist, or belongs to another tool or to no
 * tool.
 */
export const findOwned = async <T extends KubeObject>(
  kube: Pick<ReadKube, 'get'>,
  resource: OwnedResource,
  tool: string,
  name: string,
): Promise<T | undefined> => {
  const object = await ifFound(kube.get<T>(resource, name));
  return object && belongsTo(object, tool) ? object : undefined;
};

/** Tells whether a name is taken by an object that does not belong to the tool. */
export const isTakenByOther = async (
  kube: Pick<ReadKube, 'get'>,
  resource: OwnedResource,
  tool: string,
  name: string,
): Promise<boolean> => {
  const object = await ifFound(kube.get(resource, name));
  return object !== undefined && !belongsTo(object, tool);
};

/** Returns the selector of a build's pods. Pods of another tool match too, so each pod needs `isPodOf`. */
export const podSelector = ({ id }: BuildKey): string => `${runLabel}=${id}`;

/** Tells whether a pod belongs to a build. */
export const isPodOf = (pod: Pod, { tool, id }: BuildKey): boolean =>
  belongsTo(pod, tool) && pod.metadata.labels?.[runLabel] === id;

/** Lists the pods of a build. */
export const listPodsOf = async <T extends Pod>(
  kube: Pick<ReadKube, 'list'>,
  key: BuildKey,
  signal: AbortSignal,
): Promise<KubeList<T>> => {
  const { items, metadata } = await kube.list<T>('pods', { labelSelector: podSelector(key), signal });
  return { metadata, items: items.filter((pod) => isPodOf(pod, key)) };
};
