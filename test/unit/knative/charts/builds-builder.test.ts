import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import ipaddr from 'ipaddr.js';
import { load } from 'js-yaml';
import { metadataAddresses } from '../../../../lib/source/metadata-addresses.ts';
import { find, helmProgram, lint, type Manifest, render } from '../../../support/helm.ts';

type Block = { cidr: string; except?: string[] };

const steps = join(import.meta.dirname, '../../../../knative/charts/builds-builder/files/steps');

const contains = (network: string, address: string): boolean => {
  const [given, [base, bits]] = [ipaddr.parse(address), ipaddr.parseCIDR(network)];
  return given.kind() === base.kind() && given.match(base, bits);
};

const blocksOf = (objects: readonly Manifest[]): Block[] => {
  const { egress } = find(objects, 'NetworkPolicy', 'builds').spec;
  const open = (egress as { ports?: object[]; to: { ipBlock?: Block }[] }[]).filter(({ ports }) => !ports);
  return open.flatMap(({ to }) => to.flatMap(({ ipBlock }) => ipBlock ?? []));
};

const mayReach = (objects: readonly Manifest[], address: string): boolean =>
  blocksOf(objects).some(
    ({ cidr, except = [] }) => contains(cidr, address) && !except.some((network) => contains(network, address)),
  );

(helmProgram ? describe : describe.skip)('the chart builds-builder', () => {
  let objects: Manifest[];
  beforeAll(async () => {
    objects = await render('builds-builder', {});
  });

  test('has no defect that the linter of helm finds', async () => {
    expect(await lint('builds-builder', {})).toContain('0 chart(s) failed');
  });

  test('has its own names beside the Pipeline and the ServiceAccount of the release builds-builder of before', () => {
    const named = objects.map(({ kind, metadata }) => `${kind} ${metadata.name.replace(/-[0-9a-f]{10}$/, '')}`);
    expect(named.sort()).toEqual([
      'ConfigMap build-steps',
      'NetworkPolicy builds',
      'Pipeline toolforge-builds',
      'Pipeline toolforge-builds-deprecated',
      'Pipeline toolforge-builds-latest',
      'ServiceAccount toolforge-builds',
    ]);
  });

  test('mounts the scripts of the steps by a name that changes with them, and never deletes them', async () => {
    const scripts = objects.find(({ kind }) => kind === 'ConfigMap') as Manifest;
    for (const name of await readdir(steps)) expect(scripts.data[name]).toBe(await readFile(join(steps, name), 'utf8'));
    const { taskSpec } = find(objects, 'Pipeline', 'toolforge-builds').spec.tasks[0];
    expect(taskSpec.volumes[0]).toEqual({
      name: 'steps',
      configMap: { name: scripts.metadata.name, defaultMode: 0o555 },
    });
    expect(scripts).toMatchObject({
      immutable: true,
      metadata: { annotations: { 'helm.sh/hook': 'pre-install,pre-upgrade,pre-rollback' } },
    });
  });

  test.each(metadataAddresses)('lets no build reach the metadata address $address of $cloud', ({ address }) => {
    expect(mayReach(objects, address)).toBe(false);
    if (!address.includes(':')) expect(mayReach(objects, `64:ff9b::${address}`)).toBe(false);
  });

  test.each(['185.15.56.1', '10.0.0.1', '192.168.1.1', '100.100.100.199', '2a02:ec80:300::1', 'fd12:3456::1'])(
    'lets a build reach the address %s',
    (address) => {
      expect(mayReach(objects, address)).toBe(true);
    },
  );

  test('gives the step clone the rules for the addresses of submodules', async () => {
    const rulesIn = (manifests: readonly Manifest[]) =>
      find(manifests, 'Pipeline', 'toolforge-builds').spec.tasks[0].taskSpec.steps[0].env;
    expect(rulesIn(objects)).toEqual([
      { name: 'SOURCE_ALLOW_HTTP', value: 'false' },
      { name: 'SOURCE_ALLOWED_ADDRESSES', value: '' },
    ]);
    const submodules = { allowHttp: true, allowedAddresses: ['10.1.0.0/16', 'fd12::/16'] };
    expect(rulesIn(await render('builds-builder', { submodules }))).toEqual([
      { name: 'SOURCE_ALLOW_HTTP', value: 'true' },
      { name: 'SOURCE_ALLOWED_ADDRESSES', value: '10.1.0.0/16,fd12::/16' },
    ]);
  });

  test('keeps builds from the addresses that an operator adds', async () => {
    const blocked = await render('builds-builder', { blockedAddresses: { ipv4: ['10.0.0.0/8'], ipv6: ['fd12::/16'] } });
    expect(['10.1.2.3', 'fd12:3456::1', '185.15.56.1'].map((address) => mayReach(blocked, address))).toEqual([
      ...[false, false, true],
    ]);
  });

  test('selects the builds of its own Pipelines only', () => {
    expect(find(objects, 'NetworkPolicy', 'builds').spec.podSelector).toEqual({
      matchExpressions: [
        {
          key: 'tekton.dev/pipeline',
          operator: 'In',
          values: ['', '-latest', '-deprecated'].map((suffix) => `toolforge-builds${suffix}`),
        },
      ],
    });
  });

  test.each(['tools', 'toolsbeta', 'local'])(
    'takes the values of components/builds-api for %s',
    async (environment) => {
      const file = join(steps, `../../../../../components/builds-api/values/${environment}.pipeline.yaml`);
      const values = load(await readFile(file, 'utf8')) as { default: { user: number } };
      const { taskSpec } = find(await render('builds-builder', values), 'Pipeline', 'toolforge-builds').spec.tasks[0];
      expect(taskSpec.stepTemplate.securityContext.runAsUser).toBe(values.default.user);
    },
  );

  test.each([
    ['pipeline', { pipeline: 'Not A Name' }],
    ['pipelines', { pipelines: 'x' }],
    ['memory', { default: { resources: { build: { limits: { memory: [] } } } } }],
    ['resources', { resources: {} }],
    ['user', { default: { user: 0 } }],
    ['group', { latest: { group: 0 } }],
    ['user', { deprecated: { user: '1000' } }],
    ['home', { latest: { home: 'home' } }],
    ['home', { latest: { home: '/workspace' } }],
    ['home', { latest: { home: '/layers/home' } }],
    ['home', { latest: { home: '/tekton/results' } }],
    ['home', { latest: { home: '/home/../cnb' } }],
    ['cache', { latest: { cache: 'volume' } }],
    ['build', { latest: { timeouts: { build: '0s' } } }],
    ['test', { latest: { timeouts: { test: '1m' } } }],
    ['pipeline', { pipeline: 'a'.repeat(53) }],
    ['ipv4', { blockedAddresses: { ipv4: ['10.0.0.1'] } }],
  ])('refuses a wrong value and names %s', async (name, values) => {
    await expect(render('builds-builder', values)).rejects.toThrow(name);
  });
});
