import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually, kubectl } from '../pipeline/cluster.ts';
import {
  accountsThatMay,
  annotated,
  changed,
  created,
  deniedBy,
  type Fields,
  jobOf,
  ledgerOf,
  patched,
  runOf,
} from './accounts.ts';
import { hostileJobs } from './hostile-jobs.ts';
import { hostileLedgers } from './hostile-ledgers.ts';
import { hostileRuns } from './hostile-runs.ts';
import { builds } from './service.ts';
import { deployedSettings } from './settings.ts';

const id = `e2e-admission-${randomBytes(4).toString('hex')}`;
let settings: Record<string, string>;

/** Tools whose projects and labels are made in every way: with fillers, at the limits, cut, cut at separators. */
const tools = [
  ...['e', 'e2e-_x', 'e2e----x', 'e2e__-_x'],
  ...[63, 64, 121, 122, 256].map((length) => 'e'.repeat(length)),
  ...[`${'e'.repeat(29)}-_${'e'.repeat(40)}`, `${'e'.repeat(87)}_-${'e'.repeat(60)}`, `e${'-_'.repeat(60)}e`],
];

beforeAll(async () => {
  settings = await deployedSettings();
});

describe.each(accountsThatMay('tekton.dev/pipelineruns', 'create'))('the account %s', (account) => {
  test('may create the run of a build, also as cancelled', async () => {
    expect(await created(account, runOf(id, settings))).toBe('accepted');
    const cancelled = changed(runOf(id, settings), ({ spec }) => Object.assign(spec, { status: 'Cancelled' }));
    expect(await created(account, cancelled)).toBe('accepted');
  });

  test.each(tools)('may create the run of a build of the tool %s', async (tool) => {
    expect(await created(account, runOf(id, settings, tool))).toBe('accepted');
  });

  test.each(hostileRuns)('may not create a run %s', async (_, message, change) => {
    const result = await created(account, changed(runOf(id, settings), change));
    expect(result).toContain(deniedBy('runs'));
    expect(result).toContain(message);
  });

  test('may not create a run in a former version of the API', async () => {
    const { pipelineRef, params, workspaces } = (runOf(id, settings) as Fields).spec;
    const metadata = { name: id };
    const old = { apiVersion: 'tekton.dev/v1beta1', kind: 'PipelineRun', metadata };
    const spec = { pipelineRef, params, workspaces, serviceAccountName: 'sweep' };
    expect(await created(account, { ...old, spec })).toContain(deniedBy('runs'));
  });
});

describe.each(accountsThatMay('batch/jobs', 'create'))('the account %s', (account) => {
  test('may create the archiver of a build', async () => {
    expect(await created(account, jobOf(id, settings))).toBe('accepted');
  });

  test.each(hostileJobs)('may not create an archiver with %s', async (_, message, change) => {
    const result = await created(account, changed(jobOf(id, settings), change));
    expect(result).toContain(deniedBy('archivers'));
    expect(result).toContain(message);
  });
});

describe.each(accountsThatMay('builds.toolforge.org/buildledgers', 'create'))('the account %s', (account) => {
  test.each(tools)('may create the ledger of the tool %s', async (tool) => {
    // A tool that has built on this cluster has a ledger already.
    expect(await created(account, ledgerOf(tool))).toMatch(/^accepted$|already exists/);
  });

  test.each(hostileLedgers)('may not create a ledger %s', async (_, message, change) => {
    const result = await created(account, changed(ledgerOf('e2e-_x'), change));
    expect(result).toContain(deniedBy('ledgers'));
    expect(result).toContain(message);
  });
});

describe('a ServiceAccount of the namespace whose Role allows everything', () => {
  const metadata = { name: id };
  const broad = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: id },
      subjects: [{ kind: 'ServiceAccount', name: id }],
    },
  ];

  beforeAll(async () => {
    const list = { apiVersion: 'v1', kind: 'List', items: broad };
    await kubectl(['create', '--namespace', builds, '-f', '-'], JSON.stringify(list));
    // The API server needs a moment until it knows a new Role.
    const account = `system:serviceaccount:${builds}:${id}`;
    await eventually(() => kubectl(['auth', 'can-i', 'create', 'pods', '--namespace', builds, '--as', account]));
  });
  afterAll(async () => {
    await kubectl(['delete', 'serviceaccount,role,rolebinding', id, '--namespace', builds]);
  });

  const spec = { containers: [{ name: 'a', image: 'evil.example/image' }] };
  const selector = { matchLabels: { a: 'b' } };
  const template = { metadata: { labels: { a: 'b' } }, spec };

  test.each<[what: string, object: object]>([
    ['a pod', { apiVersion: 'v1', kind: 'Pod', metadata, spec }],
    ['a Deployment', { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { selector, template } }],
    [
      'a TaskRun',
      {
        apiVersion: 'tekton.dev/v1',
        kind: 'TaskRun',
        metadata,
        spec: { taskSpec: { steps: [{ name: 'a', image: 'i', script: 'id' }] } },
      },
    ],
    [
      'a Pipeline',
      {
        apiVersion: 'tekton.dev/v1',
        kind: 'Pipeline',
        metadata,
        spec: { tasks: [{ name: 'a', taskRef: { name: 'a' } }] },
      },
    ],
    [
      'a Knative Service',
      { apiVersion: 'serving.knative.dev/v1', kind: 'Service', metadata, spec: { template: { spec } } },
    ],
    ['a Secret', { apiVersion: 'v1', kind: 'Secret', metadata }],
    ['a ConfigMap', { apiVersion: 'v1', kind: 'ConfigMap', metadata }],
    [
      'a RoleBinding',
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: `${id}-2` },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: id },
        subjects: [],
      },
    ],
  ])('may not create %s', async (_, object) => {
    expect(await created(id, object)).toContain(deniedBy('writes'));
  });

  test('may not change the settings, or the Pipeline of the builds', async () => {
    expect(await annotated(id, { BUILDER: 'evil.example/image' })).toContain(deniedBy('writes'));
    expect(await patched(id, 'configmaps', 'kube-root-ca.crt', { data: { more: 'x' } })).toContain(deniedBy('writes'));
    expect(
      await patched(id, 'pipelines', settings.PIPELINE ?? 'toolforge-builds', { spec: { description: 'x' } }),
    ).toContain(deniedBy('writes'));
  });

  test('may not run a program in a pod', async () => {
    const user = `system:serviceaccount:${builds}:${id}`;
    const pods = await kubectl([
      'get',
      'pods',
      '--namespace',
      builds,
      '-l',
      'app.kubernetes.io/name=issuer',
      '-o',
      'name',
    ]);
    const words = ['exec', '--namespace', builds, '--as', user, pods.trim().split('\n')[0] ?? '', '--', 'id'];
    await expect(kubectl(words)).rejects.toThrow(deniedBy('writes'));
  });
});
