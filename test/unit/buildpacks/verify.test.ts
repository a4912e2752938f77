import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { inFolder } from '../../support/buildpacks.ts';

const script = join(import.meta.dirname, '../../../buildpacks/node/lib/verify.mjs');
const [archive, program] = ['the archive', 'the program'];
const hashOf = (text: string, algorithm = 'sha512') =>
  `${algorithm}-${createHash(algorithm).update(text).digest('base64')}`;

/** Runs verify.mjs for a package whose package.json has the field bin. */
const verify = (hash: string, bin: unknown = { pnpm: 'bin/pnpm.cjs', pnpx: 'bin/pnpx.cjs' }) =>
  inFolder(
    { 'a.tgz': archive, 'package/package.json': JSON.stringify({ bin }), 'package/bin/pnpm.cjs': program },
    (folder) => {
      const words = [script, 'a.tgz', 'package', hash];
      const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: folder, encoding: 'utf8' });
      return { status, output: stdout, errors: stderr };
    },
  );

test.each([
  ["the archive's hash", hashOf(archive)],
  ["the program's hash, which Yarn 2 and later has", hashOf(program, 'sha224')],
  ['the hash of another algorithm', hashOf(archive, 'sha1')],
  ['no hash', '-'],
])('a package manager with %s is accepted, and its first program is printed', (_, hash) => {
  expect(verify(hash)).toEqual({ status: 0, output: 'bin/pnpm.cjs\n', errors: '' });
  expect(verify(hash, 'bin/pnpm.cjs').output).toBe('bin/pnpm.cjs\n');
});

test.each([
  ['of something else', hashOf('something else')],
  ['in another algorithm than it says', hashOf(archive, 'sha256').replace('sha256', 'sha512')],
  ['that is cut off', hashOf(archive).slice(0, -4)],
])('a package manager with a hash %s is refused', (_, hash) => {
  const errors = `ERROR: a.tgz does not have the hash that was expected: ${hash}.\n`;
  expect(verify(hash)).toEqual({ status: 1, output: '', errors });
});
