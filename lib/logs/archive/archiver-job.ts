import { dirname } from 'node:path';
import type { Kube } from '../../kube/client.ts';
import { ifFound, isAlreadyExists } from '../../kube/kube-error.ts';
import type { KubeObject } from '../../kube/resources.ts';
import type { PipelineRun } from '../../tekton/types.ts';

export type ArchiverSettings = {
  image: string;
  command: readonly string[];
  serviceAccount: string | undefined;
  /** The Secret with the keys of the object store. It is mounted where the environment says that they lie. */
  secret: string | undefined;
  /** `secret/key`: mounted at KNOWN_SECRETS_FOLDER, so that what is archived is masked by their values. */
  knownSecrets: readonly string[];
  environment: Readonly<Record<string, string>>;
};

/** A follower is started again so often; what it had not archived by then is read from the pod at the end. */
const retries = 5;
const keepFinishedSeconds = 60;
const longestSeconds = 24 * 60 * 60;

/** Of a container that needs nothing but its own memory. */
export const securityContext = {
  runAsNonRoot: true,
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

/** A chunk and its compressed copy at a time. */
const resources = { requests: { cpu: '20m', memory: '96Mi' }, limits: { memory: '192Mi' } };

type Mounted = { volumes: object[]; volumeMounts: object[] };

const mounted = (name: string, mountPath: string, source: object): Mounted => ({
  volumes: [{ name, ...source }],
  volumeMounts: [{ name, mountPath, readOnly: true }],
});

const storeKeys = ({ secret, environment }: ArchiverSettings): Mounted => {
  const file = environment.S3_ACCESS_KEY_FILE;
  if (!secret || !file) return { volumes: [], volumeMounts: [] };
  return mounted('log-store', dirname(file), { secret: { secretName: secret } });
};

/** For temporary files, where a log that grows fast waits to be archived (archive.ts, spool). */
const spoolFolder: Mounted = {
  volumes: [{ name: 'tmp', emptyDir: { sizeLimit: '1Gi' } }],
  volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
};

/** One that is missing must not keep a log from being archived. */
const known = (entry: string): object => {
  const [name = '', key = ''] = entry.split('/');
  return { secret: { name, items: [{ key, path: `${name}-${key.replace(/^[.]+/, '')}` }], optional: true } };
};

const maskedSecrets = ({ knownSecrets, environment }: ArchiverSettings): Mounted => {
  const folder = environment.KNOWN_SECRETS_FOLDER;
  if (knownSecrets.length === 0 || !folder) return { volumes: [], volumeMounts: [] };
  return mounted('known-secrets', folder, { projected: { sources: knownSecrets.map(known) } });
};

/** The Job that archives a build's log while it runs. Named after the build: asked for twice, it is one. */
const archiverJob = (run: PipelineRun, tool: string, settings: ArchiverSettings): KubeObject & { spec: object } => {
  const { name, uid = '' } = run.metadata;
  const { image, command, serviceAccount } = settings;
  const variables = { ...settings.environment, ARCHIVER_TOOL: tool, ARCHIVER_BUILD: name };
  const env = Object.entries(variables).map(([variable, value]) => ({ name: variable, value }));
  const parts = [spoolFolder, storeKeys(settings), maskedSecrets(settings)];
  const volumeMounts = parts.flatMap((part) => part.volumeMounts);
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
          volumes: parts.flatMap((part) => part.volumes),
          containers: [container],
        },
      },
    },
  };
};

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

type Job = KubeObject & { status?: { conditions?: { type: string; status: string }[] } };

const hasEnded = ({ status }: Job): boolean =>
  status?.conditions?.some(
    (condition) => condition.status === 'True' && ['Complete', 'Failed'].includes(condition.type),
  ) ?? false;

/** Whether a Job is at work on the build's log. It closes the archive itself: nobody else may take it away from it. */
export const hasArchiver = async (kube: Kube, build: string): Promise<boolean> => {
  const job = await ifFound(kube.get<Job>('jobs', build));
  return job !== undefined && !hasEnded(job);
};
