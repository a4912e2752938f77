import { expect, test } from '@jest/globals';
import { matrix } from '../../../knative/rbac/matrix.ts';
import { kubectl } from '../pipeline/cluster.ts';
import { builds } from './service.ts';

const serviceAccount = (name: string) => `system:serviceaccount:${builds}:${name}`;

/** What `kubectl auth can-i --list` shows, as `verb resource`, without what everybody may. */
const allowed = async (name: string): Promise<string[]> => {
  const table = await kubectl(['auth', 'can-i', '--list', '--namespace', builds, '--as', serviceAccount(name)]);
  return table
    .split('\n')
    .slice(1)
    .flatMap((row) => {
      const [, resource = '', , verbs = ''] = /^(\S+)\s+(\[.*?\])\s+\[.*?\]\s+\[(.*?)\]$/.exec(row.trim()) ?? [];
      return verbs.split(' ').map((verb) => `${verb} ${resource}`);
    })
    .filter((row) => row.trim() !== '' && !/selfsubject/.test(row));
};

/** The command shows groups behind the resource: pipelineruns.tekton.dev. */
const shown = (path: string): string => {
  const resource = path.replace(/#.*$/, '');
  const [group, name] = resource.includes('/') && resource !== 'pods/log' ? resource.split(/\/(.*)/s) : ['', resource];
  if (!group) return name ?? '';
  const [kind, ...sub] = (name ?? '').split('/');
  return [`${kind}.${group}`, ...sub].join('/');
};

test.each(Object.keys(matrix))('%s may do what the matrix says, and nothing else', async (name) => {
  const expected = Object.entries(matrix[name] ?? {}).flatMap(([resource, verbs]) =>
    verbs.map((verb) => `${verb} ${shown(resource)}`),
  );
  expect((await allowed(name)).sort()).toEqual(expected.sort());
});

test.each(['gateway', 'buildpacks-service-account'])('%s may do nothing', async (name) => {
  expect(await allowed(name)).toEqual([]);
});
