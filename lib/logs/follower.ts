import { dirname } from 'node:path';
import type { Kube } from '../kube/client.ts';
import { isAlreadyExists, isNotFound } from '../kube/error.ts';
import type { KubeObject } from '../kube/resources.ts';
import type { PipelineRun } from '../tekton/types.ts';

export type FollowerSettings = {
  image: string;
  command: readonly string[];
  serviceAccount: string | undefined;
  /** The Secret with the keys of the object store. It is mounted where the environment says that they lie. */
  secret: string | undefined;
  environment: Readonly<Record<string, string>>;
};

/** A follower is started again so often; what it had not archived by then is read from the pod at the end. */
const retries = 5;
const keepFinishedSeconds = 60;
const longestSeconds = 24 * 60 * 60;

const securityContext = {
  runAsNonRoot: true,
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

/** A chunk and its compressed copy at a time. */
const resources = { requests: { cpu: '20m', memory: '96Mi' }, limits: { memory: '192Mi' } };

const secretVolume = ({ secret, environment }: FollowerSettings) => {
  const file = environment.S3_ACCESS_KEY_FILE;
  if (!secret || !file) return { volumes: [], volumeMounts: [] };
  return {
    volumes: [{ name: 'log-store', secret: { secretName: secret } }],
    volumeMounts: [{ name: 'log-store', mountPath: dirname(file), readOnly: true }],
  };
};

/** The Job that archives a build's log while it runs. Named after the build: asked for twice, it is one. */
const followerJob = (run: PipelineRun, tool: string, settings: FollowerSettings): KubeObject & { spec: object } => {
  const { name, uid = '' } = run.metadata;
  const { image, command, serviceAccount } = settings;
  const variables = { ...settings.environment, FOLLOW_TOOL: tool, FOLLOW_BUILD: name };
  const env = Object.entries(variables).map(([variable, value]) => ({ name: variable, value }));
  const { volumes, volumeMounts } = secretVolume(settings);
  const container = { name: 'follow', image, command: [...command], env, volumeMounts, securityContext, resources };
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
          enableServiceLinks: false,
          volumes,
          containers: [container],
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

type Job = KubeObject & { status?: { conditions?: { type: string; status: string }[] } };

const hasEnded = ({ status }: Job): boolean =>
  status?.conditions?.some(
    (condition) => condition.status === 'True' && ['Complete', 'Failed'].includes(condition.type),
  ) ?? false;

/** Whether a Job is at work on the build's log. It closes the archive itself: nobody else may take it away from it. */
export const isFollowed = async (kube: Kube, build: string): Promise<boolean> => {
  try {
    return !hasEnded(await kube.get<Job>('jobs', build));
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
};
