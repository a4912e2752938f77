import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadAll } from 'js-yaml';
import { makeFacts } from '../../../../scripts/generate/facts.ts';

type Validation = { expression: string; message: string; reason: string };
type Manifest = {
  kind: string;
  metadata: { name: string };
  spec: {
    failurePolicy?: string;
    paramKind?: object;
    matchConditions?: { expression: string }[];
    validations?: Validation[];
    policyName?: string;
    paramRef?: { name: string; parameterNotFoundAction: string };
    validationActions?: string[];
    matchResources?: { namespaceSelector: { matchLabels: Record<string, string> } };
  };
};

const file = join(import.meta.dirname, '../../../../knative/base/generated/admission.yaml');
const manifests = loadAll(await readFile(file, 'utf8')) as Manifest[];
const policies = manifests.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');
const bindings = manifests.filter(({ kind }) => kind === 'ValidatingAdmissionPolicyBinding');
const rulesOf = (name: string): Validation[] =>
  policies.find(({ metadata }) => metadata.name === `image-build-${name}`)?.spec.validations ?? [];

test('every policy fails closed, and refuses with the status 403, which ends no build', () => {
  expect(policies.map(({ metadata }) => metadata.name)).toEqual(
    ['writes', 'runs', 'run-updates', 'archivers', 'ledgers'].map((name) => `image-build-${name}`),
  );
  for (const { spec } of policies) {
    expect(spec.failurePolicy).toBe('Fail');
    expect(spec.validations?.length).toBeGreaterThan(0);
    for (const { reason } of spec.validations ?? []) expect(reason).toBe('Forbidden');
  }
});

test('every policy is bound to the namespace of the builds and denies, also without the settings', () => {
  expect(bindings.map(({ spec }) => spec.policyName)).toEqual(policies.map(({ metadata }) => metadata.name));
  for (const [at, { spec }] of bindings.entries()) {
    expect(spec.validationActions).toEqual(['Deny']);
    expect(spec.matchResources?.namespaceSelector.matchLabels).toEqual({
      'kubernetes.io/metadata.name': 'image-build',
    });
    const settings = policies[at]?.spec.paramKind && { name: 'settings', parameterNotFoundAction: 'Deny' };
    expect(spec.paramRef).toEqual(settings);
  }
});

test('every policy is about all ServiceAccounts of the namespace', () => {
  for (const { spec } of policies)
    expect(spec.matchConditions?.map(({ expression }) => expression)).toEqual([
      "request.userInfo.username.startsWith('system:serviceaccount:' + request.namespace + ':')",
    ]);
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

test('the policy of runs takes images, Pipeline and ServiceAccount from the settings', () => {
  const rules = JSON.stringify(rulesOf('runs'));
  for (const name of ['BUILDER_IMAGE', 'RUN_IMAGE', 'PIPELINE', 'BUILD_SERVICE_ACCOUNT'])
    expect(rules).toMatch(new RegExp(`params\\.data\\[\\??\\\\"${name}\\\\"\\]`));
});

test('the policy of archivers allows no volume of a node, and the Secrets of an archiver only', () => {
  const volumes = rulesOf('archivers').find(({ message }) => message.includes('volumes'))?.expression ?? '';
  expect(volumes).not.toContain('hostPath');
  const names = [...volumes.matchAll(/"(?:secretName|name)":(?:dyn\()?"([a-z-]+)"/g)].map(([, name]) => name);
  expect(new Set(names)).toEqual(
    new Set(['tmp', 'log-store', 'known-secrets', 'gateway', 'registry-account', 'registry-credentials']),
  );
});
