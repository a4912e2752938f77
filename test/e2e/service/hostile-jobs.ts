import type { Fields } from './accounts.ts';

/** A change that makes a Job hostile: what it is then, a part of the policy's message, and the change. */
type Hostile = [what: string, message: string, change: (object: Fields) => void];

const hostPath = { name: 'host', hostPath: { path: '/' } };
const pod = (job: Fields) => job.spec.template.spec;
const container = (job: Fields) => pod(job).containers[0];
const variable = (name: string, value: object | string): Hostile[2] => {
  const source = typeof value === 'string' ? { value } : { valueFrom: value };
  return (job) => container(job).env.push({ name, ...source });
};

const setVariable =
  (name: string, value: string): Hostile[2] =>
  (job) =>
    Object.assign(
      container(job).env.find((one: Fields) => one.name === name),
      { value },
    );

const withoutVariable =
  (name: string): Hostile[2] =>
  (job) => {
    container(job).env = container(job).env.filter((one: Fields) => one.name !== name);
  };

const volumeOf = (job: Fields, name: string) => pod(job).volumes.find((one: Fields) => one.name === name);
const mountOf = (job: Fields, name: string) => container(job).volumeMounts.find((one: Fields) => one.name === name);

/** Removes a volume and its mount. */
const withoutVolume =
  (name: string): Hostile[2] =>
  (job) => {
    pod(job).volumes = pod(job).volumes.filter((one: Fields) => one.name !== name);
    container(job).volumeMounts = container(job).volumeMounts.filter((one: Fields) => one.name !== name);
  };

const secret = { secretKeyRef: { name: 'registry-credentials', key: '.dockerconfigjson' } };

/** Changes of an archiver Job that a ServiceAccount of the service must not make. Each completes "an archiver with …". */
export const hostileJobs: Hostile[] = [
  ['another image', 'image and the command', (job) => Object.assign(container(job), { image: 'evil.example/image' })],
  ['another command', 'image and the command', (job) => Object.assign(container(job), { command: ['sh', '-c', 'id'] })],
  ['arguments', 'no other fields', (job) => Object.assign(container(job), { args: ['--inspect=0.0.0.0'] })],
  [
    'a program after its start',
    'no other fields',
    (job) => Object.assign(container(job), { lifecycle: { postStart: { exec: { command: ['id'] } } } }),
  ],
  [
    'variables from a Secret',
    'no other fields',
    (job) => Object.assign(container(job), { envFrom: [{ secretRef: { name: 'gateway' } }] }),
  ],
  ['a variable from a Secret', 'environment variables', variable('STOLEN', secret)],
  ['code in a variable', 'environment variables', variable('NODE_OPTIONS', '--import=data:text/javascript,0')],
  ['another object store', 'environment variables', variable('S3_ENDPOINT', 'http://evil.example')],
  [
    'another file of keys',
    'environment variables',
    variable('S3_ACCESS_KEY_FILE', '/var/run/secrets/kubernetes.io/serviceaccount/token'),
  ],
  ['the log of another build', 'environment variables', variable('ARCHIVER_BUILD', 'other')],
  [
    'another ServiceAccount',
    'its own ServiceAccount',
    (job) => Object.assign(pod(job), { serviceAccountName: 'sweep' }),
  ],
  ['the default ServiceAccount', 'its own ServiceAccount', (job) => void delete pod(job).serviceAccountName],
  ["the node's files", 'its own volumes', (job) => pod(job).volumes.push(hostPath)],
  [
    'one more Secret',
    'its own volumes',
    (job) => pod(job).volumes.push({ name: 'more', secret: { secretName: 'gateway-tls' } }),
  ],
  [
    'one more token',
    'its own volumes',
    (job) =>
      pod(job).volumes.push({
        name: 'more',
        projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'metrics' } }] },
      }),
  ],
  ["the node's network", 'ServiceAccount', (job) => Object.assign(pod(job), { hostNetwork: true })],
  ["the node's processes", 'ServiceAccount', (job) => Object.assign(pod(job), { hostPID: true })],
  [
    'a container before it',
    'ServiceAccount',
    (job) => Object.assign(pod(job), { initContainers: [{ ...container(job), name: 'before' }] }),
  ],
  [
    'a container beside it',
    'one container',
    (job) => void pod(job).containers.push({ ...container(job), name: 'beside' }),
  ],
  ['privileges', 'security context', (job) => Object.assign(container(job), { securityContext: { privileged: true } })],
  ['no security context', 'security context', (job) => void delete container(job).securityContext],
  ['the user root', 'ServiceAccount', (job) => Object.assign(pod(job), { securityContext: { runAsUser: 0 } })],
  ['a node of its choice', 'ServiceAccount', (job) => Object.assign(pod(job), { nodeName: 'node' })],
  ['a part of a volume', 'whole,', (job) => Object.assign(container(job).volumeMounts[0], { subPath: 'part' })],
  ['ten pods', 'one pod', (job) => Object.assign(job.spec, { parallelism: 10, completions: 10 })],
  [
    'the label of a function',
    'only the annotation',
    (job) => Object.assign(job.spec.template, { metadata: { labels: { 'serving.knative.dev/service': 'x' } } }),
  ],
  [
    'an annotation of its pod',
    'annotations of its pod',
    (job) => Object.assign(job.spec.template, { metadata: { annotations: { 'evil.example/x': 'y' } } }),
  ],
  [
    'the pods of others',
    'only the annotation',
    (job) =>
      Object.assign(job.spec, {
        manualSelector: true,
        selector: { matchLabels: { a: 'b' } },
        template: { ...job.spec.template, metadata: { labels: { a: 'b' } } },
      }),
  ],
  ['no run that it belongs to', 'belong to the run', (job) => Object.assign(job.metadata, { ownerReferences: [] })],
  ['a finalizer', 'belong to the run', (job) => Object.assign(job.metadata, { finalizers: ['evil.example/stay'] })],
  ['no secrets to mask', 'secrets that it masks', withoutVolume('known-secrets')],
  ['no keys of the object store', 'its own volumes', withoutVolume('log-store')],
  [
    'one secret less to mask',
    'secrets that it masks',
    (job) => void volumeOf(job, 'known-secrets').projected.sources.pop(),
  ],
  [
    'the secrets to mask at another place',
    'at their places',
    (job) => Object.assign(mountOf(job, 'known-secrets'), { mountPath: '/other' }),
  ],
  [
    'the keys of the object store at another place',
    'at their places',
    (job) => Object.assign(mountOf(job, 'log-store'), { mountPath: '/other' }),
  ],
  [
    'a volume that it does not mount',
    'at their places',
    (job) => {
      container(job).volumeMounts = container(job).volumeMounts.slice(0, 1);
    },
  ],
  ['a larger volume', 'its own volumes', (job) => Object.assign(volumeOf(job, 'tmp').emptyDir, { sizeLimit: '1Ti' })],
  [
    'a volume in memory',
    'its own volumes',
    (job) => Object.assign(volumeOf(job, 'tmp').emptyDir, { medium: 'Memory' }),
  ],
  ['another folder of secrets to mask', 'environment variables', setVariable('KNOWN_SECRETS_FOLDER', '/tmp')],
  ['no folder of secrets to mask', 'environment variables', withoutVariable('KNOWN_SECRETS_FOLDER')],
  ['another limit of running builds', 'environment variables', setVariable('LIMIT_RUNNING', '1000')],
  ['no limit of running builds', 'environment variables', withoutVariable('LIMIT_RUNNING')],
  ['one more limit', 'environment variables', variable('LOG_MAX_BYTES', '1')],
  ['the log of another tool', 'environment variables', setVariable('ARCHIVER_TOOL', 'other')],
  ['variables in another order', 'environment variables', (job) => void container(job).env.reverse()],
  [
    'a Secret for the pull of its image',
    'ServiceAccount',
    (job) => Object.assign(pod(job), { imagePullSecrets: [{ name: 'gateway' }] }),
  ],
  ['links to all services', 'ServiceAccount', (job) => Object.assign(pod(job), { enableServiceLinks: true })],
  ['endless restarts', 'ServiceAccount', (job) => Object.assign(pod(job), { restartPolicy: 'OnFailure' })],
  [
    'name servers of its own',
    'ServiceAccount',
    (job) => Object.assign(pod(job), { dnsPolicy: 'None', dnsConfig: { nameservers: ['192.0.2.1'] } }),
  ],
  ['the DNS of its node', 'ServiceAccount', (job) => Object.assign(pod(job), { dnsPolicy: 'Default' })],
  ['a long end', 'ServiceAccount', (job) => Object.assign(pod(job), { terminationGracePeriodSeconds: 86_400 })],
  ['another scheduler', 'ServiceAccount', (job) => Object.assign(pod(job), { schedulerName: 'evil' })],
  [
    'its output in its status',
    'no other fields',
    (job) => {
      Object.assign(container(job), { terminationMessagePolicy: 'FallbackToLogsOnError' });
    },
  ],
  [
    'a file in its status',
    'no other fields',
    (job) => {
      Object.assign(container(job), { terminationMessagePath: '/secrets/known/gateway-secret' });
    },
  ],
  [
    'more memory',
    'resources of an archiver',
    (job) => {
      Object.assign(container(job).resources.limits, { memory: '64Gi' });
    },
  ],
  ['another name', 'no other fields', (job) => Object.assign(container(job), { name: 'other' })],
  ['more retries', 'retries and time limits', (job) => Object.assign(job.spec, { backoffLimit: 100_000 })],
  ['no time limit', 'retries and time limits', (job) => void delete job.spec.activeDeadlineSeconds],
  ['no removal at its end', 'retries and time limits', (job) => void delete job.spec.ttlSecondsAfterFinished],
  ['a pause', 'one pod', (job) => Object.assign(job.spec, { suspend: true })],
  ['an index', 'one pod', (job) => Object.assign(job.spec, { completionMode: 'Indexed' })],
  ['no tool', 'only the annotation', (job) => void delete job.metadata.annotations],
  [
    'an owner that it keeps from being deleted',
    'belong to the run',
    (job) => Object.assign(job.metadata.ownerReferences[0], { blockOwnerDeletion: true }),
  ],
  [
    'an owner of another kind',
    'belong to the run',
    (job) => Object.assign(job.metadata.ownerReferences[0], { apiVersion: 'v1', kind: 'ConfigMap' }),
  ],
  [
    'a label whose value is not its own',
    'only the annotation',
    (job) => Object.assign(job.metadata, { labels: { 'job-name': 'other' } }),
  ],
];
