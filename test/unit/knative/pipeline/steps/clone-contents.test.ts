import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createGitObjects } from '../../../../support/git-objects.ts';
import { runProgram } from '../../../embedded/lifecycle/pipeline-run.ts';
import { useClones } from './clone-run.ts';

const clones = useClones();
const { clone, cloneTree } = clones;

const functions = join(
  import.meta.dirname,
  '../../../../../knative/charts/builds-builder/files/steps/clone-contents.sh',
);
let made = 0;

/** Returns what count_contents prints for a commit with one file of this name, given as bytes in latin1. */
const strangeName = async (name: string): Promise<string> => {
  made += 1;
  const repository = join(clones.repositories, `names-${made}.git`);
  const objects = await createGitObjects(repository);
  const tree = await objects.tree([
    { type: 'blob', name: 'plain', hash: await objects.blob('x') },
    { type: 'blob', name: Buffer.from(name, 'latin1'), hash: await objects.blob('x') },
  ]);
  const commit = await objects.commit(tree);
  const run = 'fail() { exit 1; }; max_bytes=1000; work=$4; . "$1"; GIT_DIR=$2 count_contents "$3" 0';
  const { output } = await runProgram(['bash', '-c', run, 'bash', functions, repository, commit, clones.app]);
  return output.trim().split(' ').slice(6).join(' ');
};

const bytes = (text: string): string => Buffer.from(text).toString('latin1');

describe('clone.sh takes the name of a file', () => {
  test.each([
    'ä',
    'Wikipédia',
    '維基',
    '🦔',
    '\u00a0',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\u{10000}',
    '\u{10ffff}',
    '"\\\t',
  ])('%j for valid', async (name) => {
    expect(await strangeName(bytes(name))).toBe('');
  });

  test.each([
    ['a byte of latin1', 'caf\xe9', 'caf?'],
    ['a byte that continues nothing', 'a\x80', 'a?'],
    ['a character without its end', 'a\xe2\x82', 'a??'],
    ['a longer form than needed', '\xc0\xaf', '??'],
    ['a longer form of three bytes', '\xe0\x80\xaf', '???'],
    ['a surrogate', '\xed\xa0\x80', '???'],
    ['a character beyond Unicode', '\xf4\x90\x80\x80', '????'],
    ['a byte that is in no character', '\xff', '?'],
    ['a valid character beside it', `${bytes('ä')}\xff`, '???'],
  ])('with %s for invalid UTF-8', async (_, name, shown) => {
    expect(await strangeName(name)).toBe(shown);
  });

  test('with invalid UTF-8 for a reason to refuse the commit', async () => {
    const run = await cloneTree(async (objects) => {
      const file = { type: 'blob', name: Buffer.from('caf\xe9.txt', 'latin1'), hash: await objects.blob('x') } as const;
      return objects.tree([{ type: 'tree', name: 'menu', hash: await objects.tree([file]) }]);
    });
    expect(run.output).toContain("[clone] ERROR: A file's name isn't valid UTF-8: menu/caf?.txt. Rename it.");
    expect(run.exitCode).toBe(128);
  });
});

describe('clone.sh warns of files of git LFS', () => {
  const pointer = (size: number) =>
    `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize ${size}\n`;

  test('once, with their number', async () => {
    const files = {
      '.gitattributes': '*.png filter=lfs diff=lfs merge=lfs -text\n',
      'a.png': pointer(5),
      'a folder/b\n.png': pointer(5_000_000_000),
      'c.png': 'no pointer',
      'readme.md': 'It uses git LFS:\nversion https://git-lfs.github.com/spec/v1 is its format.\n'.repeat(3),
      'readme.txt': `A pointer of git LFS:\n\n${pointer(7)}`,
    };
    const { exitCode, output } = await clone({ files });
    expect(exitCode).toBe(0);
    expect(output.match(/Warning/g)).toHaveLength(1);
    expect(output).toContain('[clone] Warning: git LFS has the contents of 2 files, and the build has only pointers');
  });

  test('never where there are none', async () => {
    const files = { '.gitattributes': '*.png filter=lfs\n', 'a.png': 'PNG'.repeat(50) };
    const { output } = await clone({ files });
    expect(output).not.toContain('Warning');
  });
});
