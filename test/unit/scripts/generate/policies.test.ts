import { expect, test } from '@jest/globals';
import { archiverFromSettings, archiverSettings } from '../../../../lib/builds/archiver-from-settings.ts';
import { readSettings } from '../../../../lib/config/settings.ts';
import { archiverJob } from '../../../../lib/logs/archive/archiver-job.ts';
import { makeFacts } from '../../../../scripts/generate/facts.ts';
import { accountPolicies } from '../../../../scripts/generate/policies.ts';
import type { Rule } from '../../../../scripts/generate/policy.ts';

const policies = accountPolicies(makeFacts({ namespace: 'image-build' }));
const rulesOf = (policy: string): readonly Rule[] => policies.find(({ name }) => name === policy)?.rules ?? [];

test('there is a policy for each kind of object that the functions write, and for all other kinds', () => {
  expect(policies.map(({ name }) => name)).toEqual(['writes', 'runs', 'run-updates', 'archivers', 'ledgers']);
  for (const { rules } of policies) expect(rules.length).toBeGreaterThan(0);
});

test('a policy has the settings where its rules read them', () => {
  for (const { rules, readsSettings } of policies)
    expect(readsSettings).toBe(JSON.stringify(rules).includes('variables.settings'));
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

test('the policy of runs allows each of the three pairs of images with its Pipeline, and no builder image with the run image of another', () => {
  const allowed = rulesOf('runs').find(({ message }) => message.includes('builder image'))?.expression ?? '';
  const pairs = allowed
    .split(' || (')
    .map((pair) => [...pair.matchAll(/settings\[\?"([A-Z_]+)"\]/g)].map(([, name]) => name));
  expect(pairs).toEqual(
    [
      ['BUILDER', 'RUNNER'],
      ['LATEST_BUILDER', 'LATEST_RUNNER'],
      ['DEPRECATED_BUILDER', 'DEPRECATED_RUNNER'],
    ].map(([builder, runner]) => [builder, builder, runner, 'PIPELINE']),
  );
  expect(allowed.split(' || (').map((pair) => /"-[a-z]+"/.exec(pair)?.[0])).toEqual([
    ...[undefined, '"-latest"', '"-deprecated"'],
  ]);
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
