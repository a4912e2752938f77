/**
 * Who may do what: for each ServiceAccount the resources and verbs that its code uses, in the namespace of the builds.
 * After `#` stands the name of the only object that is meant.
 * knative/base/rbac.yaml is made from this table (`node knative/rbac/write.ts`), and `npm test` holds the two together.
 */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
export type Grants = Readonly<Record<string, readonly Verb[]>>;

/** Bring a ledger and its runs in line: lib/builds/reconcile.ts. */
const reconcile: Grants = {
  'builds.toolforge.org/buildledgers': ['get'],
  'builds.toolforge.org/buildledgers/status': ['update'],
  'builds.toolforge.org/buildcapacities': ['get', 'create'],
  'builds.toolforge.org/buildcapacities/status': ['update'],
  'tekton.dev/pipelineruns': ['list', 'create', 'patch', 'delete'],
  'tekton.dev/taskruns': ['get'],
};

/** Shows builds as a reconcile would leave them, without writing: lib/builds/preview.ts. */
const preview: Grants = {
  'builds.toolforge.org/buildledgers': ['get'],
  'builds.toolforge.org/buildcapacities': ['get'],
  'tekton.dev/pipelineruns': ['get', 'list'],
  'tekton.dev/taskruns': ['get'],
};

/** Read a build's log from its pod: lib/logs/pod. */
const readPods: Grants = {
  pods: ['list', 'watch'],
  'pods/log': ['get'],
};

const readRun: Grants = { 'tekton.dev/pipelineruns': ['get'] };

const all = (...parts: readonly Grants[]): Grants => {
  const resources = new Set(parts.flatMap((part) => Object.keys(part)));
  const verbsOf = (resource: string) => [...new Set(parts.flatMap((part) => part[resource] ?? []))];
  return Object.fromEntries([...resources].map((resource) => [resource, verbsOf(resource)]));
};

export const matrix: Readonly<Record<string, Grants>> = {
  'start-build': all(reconcile, { 'builds.toolforge.org/buildledgers': ['create'] }),
  'list-builds': preview,
  'get-build': preview,
  'get-logs': all(preview, readPods),
  'cancel-build': reconcile,
  'delete-build': reconcile,
  quota: { 'builds.toolforge.org/buildledgers': ['get'] },
  'clean-images': {},
  healthz: {},
  metrics: {
    'builds.toolforge.org/buildledgers': ['list'],
    'builds.toolforge.org/buildcapacities': ['get'],
    'tekton.dev/pipelineruns': ['list'],
  },
  openapi: {},
  whoami: {},
  'accept-tekton': { 'tekton.dev/pipelineruns': ['get'], 'tekton.dev/taskruns': ['get'] },
  'finish-build': reconcile,
  'archive-logs': all(reconcile, readRun, readPods, { 'batch/jobs': ['get', 'create'] }),
  sweep: all(reconcile, readRun, readPods, {
    'batch/jobs': ['get', 'create'],
    'builds.toolforge.org/buildledgers': ['list'],
    // lib/auth/saved-keys.ts
    'configmaps#issuer-keys': ['patch'],
  }),
  archiver: all(reconcile, readRun, readPods),
};

/** Who never asks the API server for anything, not even for the keys of ServiceAccounts: no token is in its pods. */
export const tokenless: readonly string[] = ['openapi'];
