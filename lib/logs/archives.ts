import type { ObjectStore } from '../store/types.ts';
import { toolPrefix } from './archive-index.ts';

/** The ids of a tool's builds that have anything archived. */
export const listArchives = async (store: ObjectStore, tool: string): Promise<string[]> => {
  const prefix = toolPrefix(tool);
  const ids = new Set<string>();
  for await (const key of store.list(prefix)) ids.add(key.slice(prefix.length).split('/')[0] ?? '');
  return [...ids];
};
