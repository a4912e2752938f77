import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { oldRun, oldRunName } from '../../support/builds-api-run.ts';
import { kubectl } from '../pipeline/cluster.ts';
import { accountsThatMay, changed, deniedBy, patched, runOf } from './accounts.ts';
import { builds } from './service.ts';
import { deployedSettings } from './settings.ts';

const id = `e2e-admission-${randomBytes(4).toString('hex')}`;

/** Finalizers of the build service, and of another controller, such as Tekton Chains. */
const ownFinalizer = 'builds.toolforge.org/log';
const otherFinalizer = 'e2e.example/other';

/**
 * The runs of the tests by their state. The finalizer of the other controller keeps the deleted run. builds-api made the
 * run `old`, for a tool with the name of the test.
 */
const runs = {
  ...{ pending: id, cancelled: `${id}-c`, stopping: `${id}-s`, deleted: `${id}-d`, ended: `${id}-e` },
  old: oldRunName(id),
};
type State = keyof typeof runs;

const inBuilds = (words: string[], input?: string) => kubectl(['--namespace', builds, ...words], input);
const patchRun = (state: State, patch: object) =>
  inBuilds(['patch', 'pipelinerun', runs[state], '--type=merge', '-p', JSON.stringify(patch)]);

beforeAll(async () => {
  const settings = await deployedSettings();
  // A run that begins as pending starts nothing. Without the annotation with a tool, no function takes notice of it.
  const { ended, old, ...others } = runs;
  const unknown = (name: string, spec: object) =>
    changed(runOf(name, settings), (run) => {
      delete run.metadata.annotations;
      run.metadata.finalizers.push(otherFinalizer);
      Object.assign(run.spec, spec);
    });
  const pending = { status: 'PipelineRunPending' };
  const items = [
    ...Object.values(others).map((name) => unknown(name, pending)),
    unknown(ended, { pipelineRef: { name: 'e2e-missing' } }),
    changed(oldRun(id), ({ spec }) => Object.assign(spec, pending)),
  ];
  await inBuilds(['create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await patchRun('cancelled', { spec: { status: 'Cancelled' } });
  await patchRun('stopping', { spec: { status: 'StoppedRunFinally' } });
  await inBuilds(['delete', 'pipelinerun', runs.deleted, '--wait=false']);
  await inBuilds(['wait', 'pipelinerun', ended, '--for=condition=Succeeded=False', '--timeout=60s']);
});

afterAll(async () => {
  const names = Object.values(runs);
  await inBuilds(['delete', 'pipelineruns', ...names, '--wait=false']);
  const locked = (Object.keys(runs) as State[]).filter((state) => state !== 'old');
  for (const state of locked) await patchRun(state, { metadata: { finalizers: [] } });
  await inBuilds(['wait', 'pipelineruns', ...names, '--for=delete', '--timeout=60s']);
});

const allowed: [state: State, what: string, change: object][] = [
  ['pending', 'may be cancelled', { spec: { status: 'Cancelled' } }],
  ['cancelled', 'may be cancelled again', { spec: { status: 'Cancelled' } }],
  ['deleted', 'may lose the finalizer of the build service', { metadata: { finalizers: [otherFinalizer] } }],
  ['ended', 'may lose the finalizer of the build service', { metadata: { finalizers: [otherFinalizer] } }],
];

const refused: [state: State, what: string, message: string, change: object][] = [
  ['pending', 'another pipeline', 'Only the field status', { spec: { pipelineRef: { name: 'other' } } }],
  [
    'pending',
    'another ServiceAccount',
    'Only the field status',
    { spec: { taskRunTemplate: { serviceAccountName: 'sweep' } } },
  ],
  ['pending', 'parameters', 'Only the field status', { spec: { params: [] } }],
  [
    'pending',
    'a workspace',
    'Only the field status',
    { spec: { workspaces: [{ name: 'source-ws', secret: { secretName: 'gateway' } }] } },
  ],
  ['pending', 'no time limit', 'Only the field status', { spec: { timeouts: { pipeline: '0' } } }],
  ['pending', 'another status', 'cancelled once', { spec: { status: 'StoppedRunFinally' } }],
  ['pending', 'no status, so that it begins', 'cancelled once', { spec: { status: null } }],
  [
    'pending',
    'another tool',
    'may not change',
    { metadata: { annotations: { 'builds.toolforge.org/tool': 'other' } } },
  ],
  ['pending', 'a label', 'may not change', { metadata: { labels: { 'serving.knative.dev/service': 'start-build' } } }],
  [
    'pending',
    'another finalizer',
    'no new ones',
    { metadata: { finalizers: [ownFinalizer, otherFinalizer, 'evil.example/stay'] } },
  ],
  ['pending', 'no finalizer of others', 'may lose the finalizer', { metadata: { finalizers: [ownFinalizer] } }],
  ['pending', 'no finalizer of its own', 'until it is deleted', { metadata: { finalizers: [otherFinalizer] } }],
  ['cancelled', 'no cancellation', 'cancelled once', { spec: { status: null } }],
  ['cancelled', 'a gentler end', 'cancelled once', { spec: { status: 'CancelledRunFinally' } }],
  ['stopping', 'no end', 'cancelled once', { spec: { status: null } }],
  ['stopping', 'a harder end', 'cancelled once', { spec: { status: 'Cancelled' } }],
  ['deleted', 'no finalizer of others', 'may lose the finalizer', { metadata: { finalizers: [ownFinalizer] } }],
  ['ended', 'no finalizer of others', 'may lose the finalizer', { metadata: { finalizers: [ownFinalizer] } }],
];

const refusedForOld: [what: string, message: string, change: object][] = [
  ['the finalizer of the build service', 'no new ones', { metadata: { finalizers: [ownFinalizer] } }],
  ['a tool', 'may not change', { metadata: { annotations: { 'builds.toolforge.org/tool': 'other' } } }],
  ['another tool in its label', 'may not change', { metadata: { labels: { user: 'other' } } }],
  ['a start', 'cancelled once', { spec: { status: null } }],
  ['parameters', 'Only the field status', { spec: { params: [] } }],
];

describe.each(accountsThatMay('tekton.dev/pipelineruns', 'patch'))('of the account %s', (account) => {
  test.each(allowed)('a run that is %s %s', async (state, _, change) => {
    expect(await patched(account, 'pipelineruns', runs[state], change)).toBe('accepted');
  });

  test.each(refused)('a run that is %s may not get %s', async (state, _, message, change) => {
    const result = await patched(account, 'pipelineruns', runs[state], change);
    expect(result).toContain(deniedBy('run-updates'));
    expect(result).toContain(message);
  });

  test('a run of builds-api may be cancelled', async () => {
    expect(await patched(account, 'pipelineruns', runs.old, { spec: { status: 'Cancelled' } })).toBe('accepted');
  });

  test.each(refusedForOld)('a run of builds-api may not get %s', async (_, message, change) => {
    const result = await patched(account, 'pipelineruns', runs.old, change);
    expect(result).toContain(deniedBy('run-updates'));
    expect(result).toContain(message);
  });
});
