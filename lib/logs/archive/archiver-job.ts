import { dirname } from 'node:path';
import type { Kube } from '../../kube/client.ts';
import { isAlreadyExists } from '../../kube/kube-error.ts';
import type { KubeObject } from '../../kube/resources.ts';
import { type BuildKey, findOwned } from '../../tekton/owned.ts';
import { toolAnnotation } from '../../tekton/run.ts';
import type { PipelineRun } from '../../tekton/types.ts';

/** Settings of the archiver, the Job that archives the log of a running build. */
export type ArchiverSettings = {
  image: string;
  command: readonly string[];
  serviceAccount: string | undefined;
  /**
   * Name of the Secret with the keys of the object store. The Secret is mounted in the folder of S3_ACCESS_KEY_FILE.
   */
  secret: string | undefined;
  /**
   * Keys of Kubernetes Secrets as `secret/key`. Their values are mounted at KNOWN_SECRETS_FOLDER, so that the archiver
   * masks these values.
   */
  knownSecrets: readonly string[];
  /** Environment variables of the archiver, without the tool and the build. */
  environment: Readonly<Record<string, string>>;
};

/**
 * Number of times that Kubernetes starts a failed archiver again. After that, the final event of the run makes
 * archive-logs read the rest of the log from the pod.
 */
const retries = 5;
/** Seconds after which Kubernetes removes a finished archiver Job. */
const keepFinishedSeconds = 60;
/** Limit of an archiver Job's run time, in seconds. No build takes longer. */
const maxSeconds = 24 * 60 * 60;

/** Mode of the files in an archiver's volumes: the default of Kubernetes, so that the API server changes no volume. */
const defaultMode = 0o644;

/** The security context of a container that needs no privileges and no writable root file system. */
export const securityContext = {
  runAsNonRoot: true,
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

/** Resources of an archiver. Its memory holds a few chunks: the lines read so far, and the current segment. */
const resources = { requests: { cpu: '20m', memory: '96Mi' }, limits: { memory: '192Mi' } };

type Mounts = { volumes: object[]; volumeMounts: object[] };

const noMounts: Mounts = { volumes: [], volumeMounts: [] };

const readOnlyMount = (name: string, mountPath: string, source: object): Mounts => ({
  volumes: [{ name, ...source }],
  volumeMounts: [{ name, mountPath, readOnly: true }],
});

const storeKeys = ({ secret, environment }: ArchiverSettings): Mounts => {
  const file = environment.S3_ACCESS_KEY_FILE;
  if (!secret || !file) return noMounts;
  return readOnlyMount('log-store', dirname(file), { secret: { secretName: secret, defaultMode } });
};

/**
 * Volume for an archiver's temporary files: output of a step that is read but not stored yet waits in a file (the spool
 * in archive-build.ts).
 */
const spoolFolder: Mounts = {
  volumes: [{ name: 'tmp', emptyDir: { sizeLimit: '1Gi' } }],
  volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
};

/**
 * Returns the source of one known secret in the archiver's volume. The source is optional, because a missing Secret
 * must not prevent the archiving of a log.
 */
const secretSource = (secretKey: string): object => {
  const [name = '', key = ''] = secretKey.split('/');
  return { secret: { name, items: [{ key, path: `${name}-${key.replace(/^[.]+/, '')}` }], optional: true } };
};

const maskedSecrets = ({ knownSecrets, environment }: ArchiverSettings): Mounts => {
  const folder = environment.KNOWN_SECRETS_FOLDER;
  if (knownSecrets.length === 0 || !folder) return noMounts;
  return readOnlyMount('known-secrets', folder, {
    projected: { sources: knownSecrets.map(secretSource), defaultMode },
  });
};

const containerOf = (
  { image, command, environment }: ArchiverSettings,
  variables: Readonly<Record<string, string>>,
  volumeMounts: object[],
) => ({
  name: 'archiver',
  image,
  command: [...command],
  env: Object.entries({ ...environment, ...variables }).map(([name, value]) => ({ name, value })),
  volumeMounts,
  securityContext,
  resources,
});

const podSpec = (run: PipelineRun, tool: string, settings: ArchiverSettings) => {
  const { serviceAccount } = settings;
  const mounts = [spoolFolder, storeKeys(settings), maskedSecrets(settings)];
  const variables = { ARCHIVER_TOOL: tool, ARCHIVER_BUILD: run.metadata.name };
  return {
    restartPolicy: 'Never',
    ...(serviceAccount ? { serviceAccountName: serviceAccount } : {}),
    enableServiceLinks: false,
    volumes: mounts.flatMap(({ volumes }) => volumes),
    containers: [
      containerOf(
        settings,
        variables,
        mounts.flatMap(({ volumeMounts }) => volumeMounts),
      ),
    ],
  };
};

type ArchiverJob = KubeObject & {
  spec: {
    backoffLimit: number;
    ttlSecondsAfterFinished: number;
    activeDeadlineSeconds: number;
    template: { spec: ReturnType<typeof podSpec> };
  };
};

/**
 * Makes the archiver Job of a build. The Job has the build's name, so a second request for the same build makes no
 * second Job.
 */
export const archiverJob = (run: PipelineRun, tool: string, settings: ArchiverSettings): ArchiverJob => {
  const { name, uid = '' } = run.metadata;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      annotations: { [toolAnnotation]: tool },
      ownerReferences: [{ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name, uid }],
    },
    spec: {
      backoffLimit: retries,
      ttlSecondsAfterFinished: keepFinishedSeconds,
      activeDeadlineSeconds: maxSeconds,
      template: { spec: podSpec(run, tool, settings) },
    },
  };
};

/** Starts the archiver of a running build, unless the build has one. @throws KubeError */
export const startArchiver = async (
  kube: Kube,
  run: PipelineRun,
  tool: string,
  settings: ArchiverSettings,
): Promise<void> => {
  try {
    await kube.create('jobs', archiverJob(run, tool, settings));
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
};

/** The part of a Job that says whether it has ended. */
export type StartedJob = KubeObject & { status?: { conditions?: { type: string; status: string }[] } };

/** Tells whether an archiver Job has ended, with success or without. */
export const hasArchiverEnded = ({ status }: StartedJob): boolean =>
  status?.conditions?.some(
    (condition) => condition.status === 'True' && ['Complete', 'Failed'].includes(condition.type),
  ) ?? false;

/**
 * Says whether an archiver Job works on a build's log. The archiver closes the archive itself, so no other writer may
 * take over the archive meanwhile.
 * @throws KubeError
 */
export const hasArchiver = async (kube: Kube, { tool, id }: BuildKey): Promise<boolean> => {
  const job = await findOwned<StartedJob>(kube, 'jobs', tool, id);
  return job !== undefined && !hasArchiverEnded(job);
};
