import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { services } from '../../../../functions/table.ts';
import { resources } from '../../../../lib/kube/resources.ts';
import { makeFacts } from '../../../../scripts/generate/facts.ts';

const root = join(import.meta.dirname, '../../../..');
const facts = makeFacts({ namespace: 'image-build' });
const { accounts } = facts;
const grantedTo = Object.fromEntries(accounts.map(({ name, grants }) => [name, grants]));

const foldersOf = async (folder: string): Promise<string[]> => {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
};

test('only openapi and web have no token of its ServiceAccount in its pods', () => {
  expect(accounts.filter(({ hasToken }) => !hasToken).map(({ name }) => name)).toEqual(['openapi', 'web']);
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

test("no function that serves users has the registry's credentials of builds", () => {
  const having = facts.services.filter((service) => JSON.stringify(service).includes('registry-cred'));
  expect(having.map(({ name }) => name).sort()).toEqual(['archive-logs', 'sweep']);
});

test('every resource in a Role is a resource that the Kubernetes client knows', () => {
  const known = Object.entries({ ...resources, namespaces: '/api/v1' }).map(
    ([name, path]) => path.replace(/^\/apis?\//, '').replace(/^v1$|\/v\w+$/, '') + name,
  );
  for (const resource of accounts.flatMap(({ grants }) => Object.keys(grants)))
    expect(known).toContain(resource.replace(/#.*$|\/(log|status)$/, '').replace('/', ''));
});

test('every function folder has a row in the table, and an account of its name', async () => {
  const names = [...(await foldersOf('functions')), ...(await foldersOf('events'))];
  expect(facts.services.map(({ name }) => name).sort()).toEqual(names.sort());
  for (const { name, program } of facts.services) {
    expect(program).toBe(`/app/${name}/index.mjs`);
    expect(Object.keys(grantedTo)).toContain(name);
  }
});

describe('events', () => {
  const subject = (name: string, source: string) => `system:serviceaccount:image-build:${name}-oidc-${source}`;
  const subjectsOf = (name: string): string[] => {
    const { EVENT_SUBJECTS: subjects } = facts.services.find((service) => service.name === name)?.environment ?? {};
    return subjects?.split(',') ?? [];
  };

  test('a function takes events of its own Trigger, and sweep of its schedule and of the dead letters', () => {
    const trigger = 'eventing.knative.dev-trigger';
    expect(subjectsOf('finish-build')).toEqual([subject('finish-build', trigger)]);
    expect(subjectsOf('archive-logs')).toEqual([subject('archive-logs', trigger)]);
    expect(subjectsOf('sweep')).toEqual([
      subject('sweep', 'sources.knative.dev-pingsource'),
      subject('finish-build', trigger),
      subject('archive-logs', trigger),
    ]);
    expect(subjectsOf('accept-tekton')).toEqual([]);
  });
});

test('an installation has its own names in everything that holds one', () => {
  const others = JSON.stringify(makeFacts({ namespace: 'elsewhere', passwordSecret: 'harbor-password' }));
  expect(others).toContain('system:serviceaccount:elsewhere:sweep-oidc');
  expect(others).toContain('eventing.knative.dev/broker/elsewhere/builds');
  expect(others).toContain('gateway/secret,harbor-password/password,registry-credentials/.dockerconfigjson');
  expect(others).not.toMatch(/image-build|\{namespace\}|\{passwordSecret\}/);
});
