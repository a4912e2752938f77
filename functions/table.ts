/**
 * The table of functions has one row for each function, each event function and each Job. `npm run generate` makes from
 * this table what the Helm chart renders functions, ServiceAccounts and Roles from, the gateway's routes and a part of
 * docs/settings.md. The bundler, the embedded platform and the tests read this table too.
 */
import { archiverWantedType, ledgerBehindType } from '../lib/events/build-event.ts';
import { eventTypes } from '../lib/tekton/events.ts';
import type { Grants, JobRow, Mount, ServiceRow, Size } from './row.ts';

/**
 * CPU and memory of a function's instance, unless the function's row says otherwise. CPU is a request without a limit.
 */
const usualSize: Size = { cpu: '20m', memory: '96Mi', memoryLimit: '256Mi' };

/** Mount of the secret by which functions recognise requests of the API gateway. */
const gateway: Mount = {
  name: 'gateway',
  path: '/secrets/gateway',
  source: { secret: 'gateway' },
  environment: { GATEWAY_SECRET_FILE: '/secrets/gateway/secret' },
};

/** Mount of the issuers' public keys that sweep saved, so that functions can start while an issuer does not respond. */
const issuerKeys: Mount = {
  name: 'issuer-keys',
  path: '/keys',
  source: { configMap: 'issuer-keys' },
  environment: { AUTH_KEYS_FOLDER: '/keys' },
};

/** Mount of the keys for the object store of archived logs. The chart's settings name the files. */
const logStore: Mount = { name: 'log-store', path: '/secrets/log-store', source: { secret: 'log-store' } };

/** Mount of a token for the broker of events. The kubelet renews the token each hour. */
const broker: Mount = {
  name: 'broker',
  path: '/secrets/broker',
  source: { tokenFor: 'eventing.knative.dev/broker/{namespace}/builds', seconds: 3600 },
  environment: { BROKER_TOKEN_FILE: '/secrets/broker/token' },
};

/** Secrets of the service that could show up in a build's log. The log shows `[masked]` in their place. */
const knownSecrets = [
  { secret: 'gateway', key: 'secret' },
  { secret: '{passwordSecret}', key: 'password' },
  { secret: 'registry-credentials', key: '.dockerconfigjson' },
];

const knownSecretsMount: Mount = {
  name: 'known-secrets',
  path: '/secrets/known',
  source: { secrets: knownSecrets },
  environment: { KNOWN_SECRETS_FOLDER: '/secrets/known' },
};

/** Mount of the password of the registry's robot account, for installations whose registry has such an account. */
const registryAccount: Mount = {
  name: 'registry-account',
  path: '/secrets/registry-account',
  source: { secret: '{passwordSecret}' },
  environment: { REGISTRY_PASSWORD_FILE: '/secrets/registry-account/password' },
  onlyWith: 'registryUser',
};

/**
 * Mount of the secret by which functions open sessions of the page, and of the secret by which the function web opens
 * their refresh tokens. Installations without a page have neither.
 */
const sessionKeys: Mount = {
  name: 'session-keys',
  path: '/secrets/session-keys',
  source: { secret: 'session-keys' },
  environment: { SESSION_KEYS_FILE: '/secrets/session-keys/secret' },
  onlyWith: 'webUrl',
};
const refreshKeys: Mount = {
  name: 'refresh-keys',
  path: '/secrets/refresh-keys',
  source: { secret: 'refresh-keys' },
  environment: { REFRESH_KEYS_FILE: '/secrets/refresh-keys/secret' },
  onlyWith: 'webUrl',
};

const signIn = [gateway, issuerKeys, sessionKeys];

/**
 * Option that keeps the young generation of Node's heap small. Node frees read buffers when it collects that
 * generation, so a large one would cost several MiB of memory in a function that reads much.
 */
const smallYoungGeneration = { NODE_OPTIONS: '--max-semi-space-size=4' };

/** Environment variables of a function that starts archivers. */
const startsArchivers = {
  ARCHIVER_SERVICE_ACCOUNT: 'archiver',
  ARCHIVER_SECRET: 'log-store',
  ARCHIVER_KNOWN_SECRETS: knownSecrets.map(({ secret, key }) => `${secret}/${key}`).join(','),
};

/**
 * Permissions to reconcile a tool: to read and write the ledger, the runs and the capacity (lib/builds/reconcile.ts),
 * but not to create runs. A reconcile that adopts runs of builds-api creates the ledger of their tool.
 */
const reconcile: Grants = {
  'builds.toolforge.org/buildledgers': ['get', 'create'],
  'builds.toolforge.org/buildledgers/status': ['update'],
  'builds.toolforge.org/buildcapacities': ['get', 'create'],
  'builds.toolforge.org/buildcapacities/status': ['update'],
  'tekton.dev/pipelineruns': ['get', 'list', 'patch', 'delete'],
  'tekton.dev/taskruns': ['get'],
};

/**
 * Permission to create runs, and so to start pods. Admission policies limit the shape of the runs.
 * Functions with `reconcile` alone request runs from finish-build (docs/adr/0026-admission.md).
 */
const createRuns: Grants = { 'tekton.dev/pipelineruns': ['create'] };

/** Permissions to show builds as a reconcile would leave them, without writing (lib/builds/preview.ts). */
const preview: Grants = {
  'builds.toolforge.org/buildledgers': ['get'],
  'builds.toolforge.org/buildcapacities': ['get'],
  'tekton.dev/pipelineruns': ['get', 'list'],
  'tekton.dev/taskruns': ['get'],
};

/** Permissions to read a build's log from the build's pod (lib/logs/pod). */
const readPods: Grants = { pods: ['list', 'watch'], 'pods/log': ['get'] };

const readLedger: Grants = { 'builds.toolforge.org/buildledgers': ['get'] };
const listLedgers: Grants = { 'builds.toolforge.org/buildledgers': ['list'] };
const startArchiver: Grants = { 'batch/jobs': ['get', 'create'] };

const endpoint = { kind: 'endpoint', exposure: 'gateway', ...usualSize } as const;
const page = { kind: 'page', exposure: 'gateway', ...usualSize } as const;
const event = { kind: 'event', exposure: 'cluster', ...usualSize } as const;

const buildEnded = [eventTypes.pipelineRunSuccessful, eventTypes.pipelineRunFailed];

export const services = {
  'start-build': {
    ...endpoint,
    operations: ['start'],
    concurrency: 50,
    timeoutSeconds: 60,
    mounts: [...signIn, broker, logStore, registryAccount],
    permissions: [reconcile, createRuns],
  },
  'list-builds': {
    ...endpoint,
    operations: ['list'],
    concurrency: 100,
    timeoutSeconds: 60,
    mounts: [...signIn, broker],
    permissions: [preview],
  },
  'get-build': {
    ...endpoint,
    operations: ['get', 'latest'],
    concurrency: 100,
    timeoutSeconds: 60,
    mounts: [...signIn, broker],
    permissions: [preview],
  },
  'get-logs': {
    ...endpoint,
    operations: ['logs'],
    // A log stream waits for its build most of the time, so one instance of get-logs may serve many streams at once.
    concurrency: 1000,
    // STREAM_SELF_CLOSE_MS ends a log stream 60 s before Knative would abort the request.
    timeoutSeconds: 600,
    mounts: [...signIn, broker, logStore],
    environment: { TEXT_STREAMS_DRAIN: 'true', ...smallYoungGeneration },
    permissions: [preview, readPods],
  },
  'cancel-build': {
    ...endpoint,
    operations: ['cancel'],
    concurrency: 100,
    timeoutSeconds: 60,
    mounts: [...signIn, broker, logStore],
    permissions: [reconcile],
  },
  'delete-build': {
    ...endpoint,
    operations: ['delete'],
    concurrency: 100,
    timeoutSeconds: 60,
    mounts: [...signIn, broker, logStore],
    permissions: [reconcile],
  },
  quota: {
    ...endpoint,
    concurrency: 100,
    timeoutSeconds: 60,
    mounts: [...signIn, registryAccount],
    permissions: [readLedger],
  },
  'clean-images': {
    ...endpoint,
    operations: ['clean'],
    concurrency: 20,
    timeoutSeconds: 300,
    mounts: [...signIn, registryAccount],
  },
  healthz: {
    ...endpoint,
    operations: ['healthcheck'],
    concurrency: 100,
    timeoutSeconds: 30,
    permissions: [{ namespaces: ['get'] }],
  },
  metrics: {
    ...endpoint,
    concurrency: 10,
    timeoutSeconds: 60,
    environment: smallYoungGeneration,
    permissions: [
      listLedgers,
      { 'builds.toolforge.org/buildcapacities': ['get'], 'tekton.dev/pipelineruns': ['get', 'list'] },
    ],
  },
  openapi: {
    ...endpoint,
    operations: ['openapi', 'protected-resource'],
    concurrency: 100,
    timeoutSeconds: 30,
    withoutToken: true,
  },
  whoami: { ...endpoint, concurrency: 100, timeoutSeconds: 30, mounts: signIn },
  web: {
    ...page,
    concurrency: 100,
    timeoutSeconds: 30,
    mounts: [sessionKeys, refreshKeys],
    environment: { WEB_FOLDER: '/app/web/page' },
    withoutToken: true,
  },
  'accept-tekton': {
    ...event,
    concurrency: 100,
    timeoutSeconds: 90,
    mounts: [broker],
    permissions: [{ 'tekton.dev/pipelineruns': ['get'], 'tekton.dev/taskruns': ['get'] }],
  },
  'finish-build': {
    ...event,
    concurrency: 20,
    timeoutSeconds: 60,
    mounts: [broker, logStore],
    eventTypes: [...buildEnded, ledgerBehindType],
    permissions: [reconcile, createRuns],
  },
  'archive-logs': {
    ...event,
    concurrency: 20,
    timeoutSeconds: 120,
    mounts: [broker, logStore, knownSecretsMount],
    environment: startsArchivers,
    eventTypes: [eventTypes.taskRunRunning, ...buildEnded, archiverWantedType],
    permissions: [reconcile, readPods, startArchiver],
  },
  sweep: {
    ...event,
    concurrency: 10,
    timeoutSeconds: 600,
    mounts: [logStore, knownSecretsMount],
    environment: { ...startsArchivers, ...smallYoungGeneration, AUTH_KEYS_CONFIG_MAP: 'issuer-keys' },
    schedule: '*/10 * * * *',
    takesDeadLetters: true,
    // A sweep takes seconds and runs every ten minutes, so the function's last instance may end after 6 s without a
    // request.
    scaling: { windowSeconds: 6, maxInstances: 1 },
    permissions: [
      reconcile,
      createRuns,
      readPods,
      startArchiver,
      listLedgers,
      { 'batch/jobs': ['list'] },
      // Permission to save the public keys of issuers (lib/auth/saved-keys.ts).
      { 'configmaps#issuer-keys': ['patch'] },
    ],
  },
} as const satisfies Record<string, ServiceRow>;

/** Programs of containers that are neither functions nor Jobs: source file, by path of the bundle. */
export const programs = { 'request-metrics': 'knative/gateway/request-metrics.ts' } as const;

/** Programs that functions start as Jobs. The Job itself is made by lib/logs/archive/archiver-job.ts. */
export const jobs = {
  archiver: {
    source: 'events/archive-logs/archiver.ts',
    program: 'archive-logs/archiver',
    permissions: [reconcile, createRuns, readPods],
  },
} as const satisfies Record<string, JobRow>;
