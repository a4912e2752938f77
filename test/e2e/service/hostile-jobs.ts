/** An object that a test changes at will. */
// biome-ignore lint/suspicious/noExplicitAny: the changes write into every field of any object.
type Fields = any;

/** A change that makes a Job hostile: what it is then, a part of the policy's message, and the change. */
type Hostile = [what: string, message: string, change: (object: Fields) => void];

const hostPath = { name: 'host', hostPath: { path: '/' } };
const pod = (job: Fields) => job.spec.template.spec;
const container = (job: Fields) => pod(job).containers[0];
const variable = (name: string, value: object | string): Hostile[2] => {
  const source = typeof value === 'string' ? { value } : { valueFrom: value };
  return (job) => container(job).env.push({ name, ...source });
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
  ['a part of a volume', 'whole volumes', (job) => Object.assign(container(job).volumeMounts[0], { subPath: 'part' })],
  ['ten pods', 'one pod', (job) => Object.assign(job.spec, { parallelism: 10, completions: 10 })],
  [
    'the label of a function',
    'only the annotation',
    (job) => Object.assign(job.spec.template, { metadata: { labels: { 'serving.knative.dev/service': 'x' } } }),
  ],
  [
    'an annotation of its pod',
    'one pod',
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
];
