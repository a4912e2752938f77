import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { inFolder } from '../../support/buildpacks.ts';

const program = join(import.meta.dirname, '../../../buildpacks/python/lib/pipfile.py');

/** Returns the requirements of a Pipfile.lock, as lines, or the errors that the buildpack prints. */
const requirements = (text: string) =>
  inFolder({ 'Pipfile.lock': text }, (folder) => {
    const run = spawnSync('python3', [program, 'Pipfile.lock', folder], { cwd: folder, encoding: 'utf8' });
    if (run.status !== 0) return run.stderr;
    const linesOf = (name: string) =>
      readFileSync(join(folder, name), 'utf8').replaceAll(folder, '/app').split('\n').slice(0, -1);
    return { locked: linesOf('locked.txt'), others: linesOf('others.txt') };
  });

test('the packages of a Pipfile.lock become requirements, and those without a hash are listed by themselves', () => {
  const packages = {
    'a-b': {
      version: '==1.0',
      extras: ['x', 'y'],
      markers: "python_version >= '3'",
      hashes: ['sha256:00', 'sha256:11'],
    },
    git: { git: 'https://example.org/g.git', ref: '0abc', subdirectory: 'a b', extras: ['z'], editable: true },
    own: { path: '.', editable: true, extras: ['e'] },
    libs: { path: './libs', markers: "os_name == 'posix'" },
    archive: { file: 'https://example.org/a.zip' },
  };
  expect(requirements(`\ufeff${JSON.stringify({ default: packages, develop: { c: { version: '==2' } } })}`)).toEqual({
    locked: ["a-b[x,y]==1.0 ; python_version >= '3' --hash=sha256:00 --hash=sha256:11"],
    others: [
      'git[z] @ git+https://example.org/g.git@0abc#subdirectory=a%20b',
      '-e /app/.[e]',
      "libs @ file:///app/./libs ; os_name == 'posix'",
      'archive @ https://example.org/a.zip',
    ],
  });
});

test.each(['', '[]', '{"default":[]}', '{"default":{"a":7}}', '{"default":{"a":{"git":7}}}', '{'])(
  'the Pipfile.lock %j is refused with a sentence',
  (text) => {
    expect(requirements(text)).toMatch(/^ERROR: Pipfile\.lock can't be read: .*\nERROR: Run "pipenv lock" .*\n$/);
  },
);
