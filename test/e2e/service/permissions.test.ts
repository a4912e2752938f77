import { expect, test } from '@jest/globals';
import { makeFacts } from '../../../scripts/generate/facts.ts';
import { kubectl } from '../pipeline/cluster.ts';
import { builds } from './service.ts';

const serviceAccount = (name: string) => `system:serviceaccount:${builds}:${name}`;

/** Returns the permissions of a ServiceAccount as `verb resource`, without the permissions that everybody has. */
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

/**
 * Converts a resource of functions/table.ts to kubectl's form, with the API group at the end: pipelineruns.tekton.dev.
 */
const shown = (path: string): string => {
  const resource = path.replace(/#.*$/, '');
  const [group, name] = resource.includes('/') && resource !== 'pods/log' ? resource.split(/\/(.*)/s) : ['', resource];
  if (!group) return name ?? '';
  const [kind, ...sub] = (name ?? '').split('/');
  return [`${kind}.${group}`, ...sub].join('/');
};

const { accounts } = makeFacts({ namespace: builds });

test.each(accounts.map(({ name, grants }) => [name, grants] as const))(
  'the account %s has the permissions of its row in functions/table.ts, and no others',
  async (name, grants) => {
    const expected = Object.entries(grants).flatMap(([resource, verbs]) =>
      verbs.map((verb) => `${verb} ${shown(resource)}`),
    );
    expect((await allowed(name)).sort()).toEqual(expected.sort());
  },
);

test('the account of the builds has no permissions', async () => {
  expect(await allowed('toolforge-builds')).toEqual([]);
});
