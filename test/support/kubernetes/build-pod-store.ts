import { createFolderStore } from '../../../lib/store/folder.ts';
import type { ObjectStore } from '../../../lib/store/types.ts';
import { type BuildPodCluster, startBuildPodCluster } from './build-pod.ts';
import { temporaryFolder } from './cluster.ts';

/** A test cluster with the pod of the build `b-1`, and an object store for the build's log in a temporary folder. */
export type BuildPodStore = { fake: BuildPodCluster; store: ObjectStore };

/** Starts a test cluster for the logs of one build, and makes an object store. `close` removes both. */
export const startBuildPodStore = async (
  options: Parameters<typeof startBuildPodCluster>[0] = {},
): Promise<BuildPodStore & { close(): Promise<void> }> => {
  const [fake, { folder, remove }] = await Promise.all([startBuildPodCluster(options), temporaryFolder()]);
  return {
    fake,
    store: createFolderStore(folder),
    close: async () => {
      await fake.close();
      await remove();
    },
  };
};
