import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadAll } from 'js-yaml';
import type { Grants } from '../../../../functions/row.ts';
import { services } from '../../../../functions/table.ts';
import { resources } from '../../../../lib/kube/resources.ts';
import { makeFacts } from '../../../../scripts/generate/facts.ts';

const root = join(import.meta.dirname, '../../../..');
const generated = join(root, 'knative/base/generated');
const { accounts } = makeFacts({ namespace: 'image-build' });
const grantedTo = Object.fromEntries(accounts.map(({ name, grants }) => [name, grants]));

type Rule = { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] };
type Manifest = {
  kind: string;
  metadata: { name: string };
  automountServiceAccountToken?: boolean;
  rules?: Rule[];
  roleRef?: { kind: string; name: string };
  subjects?: object[];
};
type ServiceManifest = Manifest & {
  spec: {
    template: {
      spec: {
        serviceAccountName: string;
        containers: { args: string[]; env?: { name: string; value: string }[] }[];
      };
    };
  };
};
type TriggerManifest = Manifest & {
  spec: { filters?: { any: { exact: { type: string } }[] }[]; subscriber: { audience: string } };
};

const read = async <T>(file: string): Promise<T[]> => loadAll(await readFile(join(generated, file), 'utf8')) as T[];

const foldersOf = async (folder: string): Promise<string[]> => {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
};

const grantsOf = (rules: Rule[] = []): Grants =>
  Object.fromEntries(
    rules.map(({ apiGroups: [group], resources: [resource], resourceNames: [name] = [], verbs }) => [
      (group ? `${group}/${resource}` : resource) + (name ? `#${name}` : ''),
      verbs,
    ]),
  ) as Grants;

test.each(accounts)('the ServiceAccount $name has the Role of its row, and a binding to it alone', async (account) => {
  const { name, grants, hasToken } = account;
  const mine = (await read<Manifest>('accounts.yaml')).filter(({ metadata }) => metadata.name === name);
  const role = mine.find(({ kind }) => kind === 'Role');
  expect(grantsOf(role?.rules)).toEqual(grants);
  const binding = mine.find(({ kind }) => kind === 'RoleBinding');
  if (role) expect(binding?.subjects).toEqual([{ kind: 'ServiceAccount', name }]);
  expect(binding?.roleRef?.name).toBe(role?.metadata.name);
  const serviceAccount = mine.find(({ kind }) => kind === 'ServiceAccount');
  expect(serviceAccount?.automountServiceAccountToken).toBe(hasToken);
});

test('only openapi has no token of its ServiceAccount in its pods', () => {
  expect(accounts.filter(({ hasToken }) => !hasToken).map(({ name }) => name)).toEqual(['openapi']);
});

test('no function may read Secrets, or write what Kubernetes or Tekton own', () => {
  const granted = accounts.flatMap(({ grants }) => Object.keys(grants));
  const keys = 'configmaps#issuer-keys';
  for (const resource of granted.filter((one) => one !== keys))
    expect(resource).not.toMatch(/secrets|configmaps|roles|serviceaccounts|\*/);
  expect(accounts.flatMap(({ name, grants }) => (grants[keys] ? [[name, grants[keys]]] : []))).toEqual([
    ['sweep', ['patch']],
  ]);
  expect(grantedTo['start-build']?.['tekton.dev/taskruns']).toEqual(['get']);
});

test('only start-build may create runs among the functions that serve users', () => {
  const mayCreate = accounts.filter(({ grants }) => grants['tekton.dev/pipelineruns']?.includes('create'));
  const serving = Object.keys(services).filter((name) => services[name as keyof typeof services].kind === 'endpoint');
  expect(mayCreate.map(({ name }) => name).filter((name) => serving.includes(name))).toEqual(['start-build']);
  expect(mayCreate.map(({ name }) => name)).toEqual(['start-build', 'finish-build', 'sweep', 'archiver']);
});

test('only archive-logs and sweep may create Jobs', () => {
  const mayCreate = accounts.filter(({ grants }) => grants['batch/jobs']?.includes('create'));
  expect(mayCreate.map(({ name }) => name)).toEqual(['archive-logs', 'sweep']);
});

test("no function that serves users has the registry's credentials of builds", async () => {
  const manifests = await read<ServiceManifest>('services.yaml');
  const having = manifests.filter((manifest) => JSON.stringify(manifest).includes('registry-cred'));
  expect(having.map(({ metadata }) => metadata.name).sort()).toEqual(['archive-logs', 'sweep']);
});

test('every resource in a Role is a resource that the Kubernetes client knows', () => {
  const known = Object.entries({ ...resources, namespaces: '/api/v1' }).map(
    ([name, path]) => path.replace(/^\/apis?\//, '').replace(/^v1$|\/v\w+$/, '') + name,
  );
  for (const resource of accounts.flatMap(({ grants }) => Object.keys(grants)))
    expect(known).toContain(resource.replace(/#.*$|\/(log|status)$/, '').replace('/', ''));
});

test('every function folder has a row in the table, a Service of its name and its own ServiceAccount', async () => {
  const names = [...(await foldersOf('functions')), ...(await foldersOf('events'))];
  const found = await read<ServiceManifest>('services.yaml');
  expect(found.map(({ metadata }) => metadata.name).sort()).toEqual(names.sort());
  for (const { metadata, spec } of found) {
    expect(spec.template.spec.serviceAccountName).toBe(metadata.name);
    expect(spec.template.spec.containers.map(({ args }) => args)).toEqual([[`/app/${metadata.name}/index.mjs`]]);
    expect(Object.keys(grantedTo)).toContain(metadata.name);
  }
});

describe('events', () => {
  const subject = (name: string, source: string) => `system:serviceaccount:image-build:${name}-oidc-${source}`;
  const subjectsOf = async (name: string): Promise<string[]> => {
    const service = (await read<ServiceManifest>('services.yaml')).find(({ metadata }) => metadata.name === name);
    const env = service?.spec.template.spec.containers[0]?.env ?? [];
    return env.find((variable) => variable.name === 'EVENT_SUBJECTS')?.value.split(',') ?? [];
  };

  test('a Trigger delivers the event types of a row to the function of that row alone', async () => {
    const triggers = (await read<TriggerManifest>('eventing.yaml')).filter(({ kind }) => kind === 'Trigger');
    const delivered = triggers.map(({ metadata, spec }) => [
      metadata.name,
      spec.subscriber.audience,
      spec.filters?.[0]?.any.map(({ exact }) => exact.type),
    ]);
    expect(delivered).toEqual([
      ['finish-build', 'finish-build', services['finish-build'].eventTypes],
      ['archive-logs', 'archive-logs', services['archive-logs'].eventTypes],
    ]);
  });

  test('a function takes events of its own Trigger, and sweep of its schedule and of the dead letters', async () => {
    const trigger = 'eventing.knative.dev-trigger';
    expect(await subjectsOf('finish-build')).toEqual([subject('finish-build', trigger)]);
    expect(await subjectsOf('archive-logs')).toEqual([subject('archive-logs', trigger)]);
    expect(await subjectsOf('sweep')).toEqual([
      subject('sweep', 'sources.knative.dev-pingsource'),
      subject('finish-build', trigger),
      subject('archive-logs', trigger),
    ]);
    expect(await subjectsOf('accept-tekton')).toEqual([]);
  });
});

test('an installation in another namespace has that namespace in every name that holds one', () => {
  const facts = JSON.stringify(makeFacts({ namespace: 'elsewhere' }));
  expect(facts).toContain('system:serviceaccount:elsewhere:sweep-oidc');
  expect(facts).toContain('eventing.knative.dev/broker/elsewhere/builds');
  expect(facts).not.toMatch(/image-build|\{namespace\}/);
});
