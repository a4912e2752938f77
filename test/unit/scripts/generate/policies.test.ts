import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { load, loadAll } from 'js-yaml';
import { archiverFromSettings, archiverSettings } from '../../../../lib/builds/archiver-from-settings.ts';
import { readSettings } from '../../../../lib/config/settings.ts';
import { archiverJob } from '../../../../lib/logs/archive/archiver-job.ts';
import { makeFacts } from '../../../../scripts/generate/facts.ts';

type Validation = { expression: string; message: string; reason?: string };
type Manifest = {
  kind: string;
  metadata: { name: string };
  spec: {
    failurePolicy?: string;
    paramKind?: object;
    matchConstraints?: { resourceRules: { scope: string }[] };
    matchConditions?: { expression: string }[];
    variables?: { name: string; expression: string }[];
    validations?: Validation[];
    policyName?: string;
    paramRef?: object;
    validationActions?: string[];
    matchResources?: { namespaceSelector: { matchLabels: Record<string, string> } };
  };
};

const root = join(import.meta.dirname, '../../../..');
const manifests = loadAll(await readFile(join(root, 'knative/base/generated/admission.yaml'), 'utf8')) as Manifest[];
const policies = manifests.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');
const bindings = manifests.filter(({ kind }) => kind === 'ValidatingAdmissionPolicyBinding');
const rulesOf = (name: string): Validation[] =>
  policies.find(({ metadata }) => metadata.name === `image-build-${name}`)?.spec.validations ?? [];

const lacksSettings = (message: string): boolean => message.includes('lack the settings');

test('every policy fails closed, and refuses with the status 403, which ends no build', () => {
  expect(policies.map(({ metadata }) => metadata.name)).toEqual(
    ['writes', 'runs', 'run-updates', 'archivers', 'ledgers'].map((name) => `image-build-${name}`),
  );
  for (const { spec } of policies) {
    expect(spec.failurePolicy).toBe('Fail');
    expect(spec.validations?.length).toBeGreaterThan(0);
    for (const { message, reason } of spec.validations ?? [])
      expect(reason).toBe(lacksSettings(message) ? undefined : 'Forbidden');
  }
});

test('every policy is bound to the namespace of the builds and denies', () => {
  expect(bindings.map(({ spec }) => spec.policyName)).toEqual(policies.map(({ metadata }) => metadata.name));
  for (const { spec } of bindings) {
    expect(spec.validationActions).toEqual(['Deny']);
    expect(spec.matchResources?.namespaceSelector.matchLabels).toEqual({
      'kubernetes.io/metadata.name': 'image-build',
    });
  }
});

test('no policy has a parameter, and a policy that reads the settings first demands that there are settings', () => {
  for (const [at, { spec }] of policies.entries()) {
    expect(spec.paramKind).toBeUndefined();
    expect(bindings[at]?.spec.paramRef).toBeUndefined();
    const reads = JSON.stringify(spec.validations).includes('variables.settings');
    expect(spec.variables?.[0]?.name).toBe(reads ? 'settings' : undefined);
    expect(lacksSettings(spec.validations?.[0]?.message ?? '')).toBe(reads);
  }
});

test('every policy is about all ServiceAccounts of the namespace, also for objects of the cluster', () => {
  for (const { spec } of policies) {
    expect(spec.matchConstraints?.resourceRules.map(({ scope }) => scope)).toEqual(['*']);
    expect(spec.matchConditions?.map(({ expression }) => expression)).toEqual([
      "request.userInfo.username.startsWith('system:serviceaccount:image-build:')",
    ]);
  }
});

test('the overlays copy all settings to the annotations of the Namespace, where the policies read them', async () => {
  const component = await readFile(join(root, 'knative/images/kustomization.yaml'), 'utf8');
  const { replacements } = load(component) as { replacements: object[] };
  expect(replacements).toContainEqual({
    source: { kind: 'ConfigMap', name: 'settings', fieldPath: 'data' },
    targets: [
      {
        select: { version: 'v1', kind: 'Namespace', name: 'image-build' },
        fieldPaths: ['metadata.annotations'],
        options: { create: true },
      },
    ],
  });
});

test('the policy of writes allows the kinds that a Role of the table allows, and no others', () => {
  const mayCreate = makeFacts({ namespace: 'image-build' }).accounts.flatMap(({ grants }) =>
    Object.keys(grants).filter((resource) => grants[resource]?.includes('create')),
  );
  const [create] = rulesOf('writes');
  const listed = JSON.parse(/ in (\[.*\])$/.exec(create?.expression ?? '')?.[1] ?? '[]') as string[];
  expect(listed.sort()).toEqual([...new Set(mayCreate)].sort());
  expect(listed).not.toContain('pods');
});

test('the policy of runs takes images, Pipeline, ServiceAccount and time limit from the settings', () => {
  const rules = rulesOf('runs').map(({ expression }) => expression);
  for (const name of ['PIPELINE', 'BUILD_SERVICE_ACCOUNT', 'BUILD_TIMEOUT'])
    expect(rules.join()).toContain(`variables.settings[?"${name}"]`);
});

test('the policy of runs allows each of the three pairs of images, and no builder image with the run image of another', () => {
  const allowed = rulesOf('runs').find(({ message }) => message.includes('builder image'))?.expression ?? '';
  const pairs = allowed
    .split(' || (')
    .map((pair) => [...pair.matchAll(/settings\[\?"([A-Z_]+)"\]/g)].map(([, name]) => name));
  expect(pairs).toEqual(
    [
      ['BUILDER', 'RUNNER'],
      ['LATEST_BUILDER', 'LATEST_RUNNER'],
      ['DEPRECATED_BUILDER', 'DEPRECATED_RUNNER'],
    ].map(([builder, runner]) => [builder, builder, runner]),
  );
});

test('the policy of archivers allows no volume of a node, and the Secrets of an archiver only', () => {
  const volumes = rulesOf('archivers').find(({ message }) => message.includes('volumes'))?.expression ?? '';
  expect(volumes).not.toContain('hostPath');
  const names = [...volumes.matchAll(/"(?:secretName|name)":(?:dyn\()?"([a-z-]+)"/g)].map(([, name]) => name);
  expect(new Set(names)).toEqual(
    new Set(['tmp', 'log-store', 'known-secrets', 'gateway', 'registry-account', 'registry-credentials']),
  );
});

test('the policy of archivers compares every part of the container that lib/logs/archive/archiver-job.ts makes', () => {
  const expressions = rulesOf('archivers').map(({ expression }) => expression);
  const environment = { KNOWN_SECRETS_FOLDER: '/secrets/known' };
  const settings = { ARCHIVER_IMAGE: 'image', S3_ACCESS_KEY_FILE: '/keys/access-key', ...environment };
  const archiver = archiverFromSettings(readSettings(archiverSettings, settings), settings);
  const { spec } = archiverJob({ metadata: { name: 'b' }, spec: {} }, 'tool', archiver).spec.template;
  for (const name of Object.keys(spec.containers[0] ?? {}))
    expect(expressions.some((text) => text.includes(`container[?"${name}"]`))).toBe(true);
  for (const name of Object.keys(spec).filter((field) => field !== 'containers' && field !== 'serviceAccountName'))
    expect(expressions.some((text) => text.includes(`object.spec.template.spec[?"${name}"]`))).toBe(true);
  for (const { name } of spec.containers[0]?.env ?? [])
    expect(expressions.join()).toMatch(new RegExp(`"name":(dyn\\()?"${name}"`));
});
