import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadAll } from 'js-yaml';
import { rbacManifests } from '../../../../knative/rbac/manifests.ts';
import { type Grants, matrix, tokenless } from '../../../../knative/rbac/matrix.ts';
import { resources } from '../../../../lib/kube/resources.ts';

const root = join(import.meta.dirname, '../../../..');
const base = join(root, 'knative/base');

type Rule = { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] };
type Manifest = {
  kind: string;
  metadata: { name: string };
  automountServiceAccountToken?: boolean;
  rules?: Rule[];
  roleRef?: { kind: string; name: string };
  subjects?: object[];
  spec?: { template: { spec: { serviceAccountName: string; containers: { args: string[] }[] } } };
};

const read = async (path: string): Promise<Manifest[]> => loadAll(await readFile(path, 'utf8')) as Manifest[];
const present = () => read(join(base, 'rbac.yaml'));
const services = async (): Promise<Manifest[]> => {
  const folders = await Promise.all(
    ['functions', 'events'].map(async (folder) =>
      (await readdir(join(base, folder))).map((file) => join(base, folder, file)),
    ),
  );
  return (await Promise.all(folders.flat().map(read))).flat();
};
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

test('rbac.yaml is what the matrix makes', async () => {
  expect(await readFile(join(base, 'rbac.yaml'), 'utf8')).toBe(rbacManifests());
});

test.each(Object.keys(matrix))('%s is granted its row and bound to it alone', async (name) => {
  const mine = (await present()).filter(({ metadata }) => metadata.name === name);
  const role = mine.find(({ kind }) => kind === 'Role');
  expect(grantsOf(role?.rules)).toEqual(matrix[name]);
  const binding = mine.find(({ kind }) => kind === 'RoleBinding');
  if (role) expect(binding?.subjects).toEqual([{ kind: 'ServiceAccount', name }]);
  expect(binding?.roleRef?.name).toBe(role?.metadata.name);
  const account = mine.find(({ kind }) => kind === 'ServiceAccount');
  expect(account?.automountServiceAccountToken).toBe(!tokenless.includes(name));
});

test('nobody may read Secrets, or write what Kubernetes or Tekton own', () => {
  const granted = Object.values(matrix).flatMap((grants) => Object.keys(grants));
  const own = 'configmaps#issuer-keys';
  for (const resource of granted.filter((one) => one !== own))
    expect(resource).not.toMatch(/secrets|configmaps|roles|serviceaccounts|\*/);
  expect(Object.entries(matrix).flatMap(([name, grants]) => (grants[own] ? [[name, grants[own]]] : []))).toEqual([
    ['sweep', ['patch']],
  ]);
  expect(matrix['start-build']?.['tekton.dev/taskruns']).toEqual(['get']);
});

test('what serves users does not hold what builds push with', async () => {
  const holding = async (folder: string): Promise<string[]> => {
    const files = await readdir(join(base, folder));
    const held = files.map(async (file) =>
      JSON.stringify(await read(join(base, folder, file))).includes('registry-cred'),
    );
    const isHeld = await Promise.all(held);
    return files.filter((_, at) => isHeld[at]).sort();
  };
  expect(await holding('functions')).toEqual([]);
  expect(await holding('events')).toEqual(['archive-logs.yaml', 'sweep.yaml']);
});

test('every resource is one that the client knows', () => {
  const known = Object.entries(resources).map(
    ([name, path]) => path.replace(/^\/apis?\//, '').replace(/^v1$|\/v\w+$/, '') + name,
  );
  for (const resource of Object.values(matrix).flatMap((grants) => Object.keys(grants)))
    expect(known).toContain(resource.replace(/#.*$|\/(log|status)$/, '').replace('/', ''));
});

test('each function has a Service under its name and its own account', async () => {
  const names = [...(await foldersOf('functions')), ...(await foldersOf('events'))];
  const found = await services();
  expect(found.map(({ metadata }) => metadata.name).sort()).toEqual(names.sort());
  for (const { metadata, spec } of found) {
    expect(spec?.template.spec.serviceAccountName).toBe(metadata.name);
    expect(spec?.template.spec.containers.map(({ args }) => args)).toEqual([[`/app/${metadata.name}/index.mjs`]]);
    expect(Object.keys(matrix)).toContain(metadata.name);
  }
});
