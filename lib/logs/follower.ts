import type { Kube } from '../kube/client.ts';
import { isAlreadyExists } from '../kube/error.ts';
import type { KubeObject } from '../kube/resources.ts';
import type { PipelineRun } from '../tekton/types.ts';

export type FollowerSettings = {
  image: string;
  command: readonly string[];
  serviceAccount: string | undefined;
};

/** A follower is started again so often; what it had not archived by then is read from the pod at the end. */
const retries = 5;
const keepFinishedSeconds = 60;
const longestSeconds = 24 * 60 * 60;

/** The Job that archives a build's log while it runs. Named after the build: asked for twice, it is one. */
const followerJob = (
  run: PipelineRun,
  tool: string,
  { image, command, serviceAccount }: FollowerSettings,
): KubeObject & { spec: object } => {
  const { name, uid = '' } = run.metadata;
  const env = [
    { name: 'FOLLOW_TOOL', value: tool },
    { name: 'FOLLOW_BUILD', value: name },
  ];
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, ownerReferences: [{ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name, uid }] },
    spec: {
      backoffLimit: retries,
      ttlSecondsAfterFinished: keepFinishedSeconds,
      activeDeadlineSeconds: longestSeconds,
      template: {
        spec: {
          restartPolicy: 'Never',
          ...(serviceAccount ? { serviceAccountName: serviceAccount } : {}),
          containers: [{ name: 'follow', image, command: [...command], env }],
        },
      },
    },
  };
};

export const startFollower = async (
  kube: Kube,
  run: PipelineRun,
  tool: string,
  settings: FollowerSettings,
): Promise<void> => {
  try {
    await kube.create('jobs', followerJob(run, tool, settings));
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
};
