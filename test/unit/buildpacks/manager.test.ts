import { describe, expect, test } from '@jest/globals';
import { chosenManager, preparedManager } from '../../support/buildpacks.ts';
import * as node from '../../support/node-project.ts';

const manifest = (fields: object = {}) => ({ 'package.json': node.manifest(fields) });
const yarn1 = { 'yarn.lock': '# yarn lockfile v1\n' };
const yarn4 = { 'yarn.lock': '__metadata:\n  version: 10\n' };
const pnpm = (version: string) => ({ 'pnpm-lock.yaml': `lockfileVersion: ${version}\n` });
const npm = { 'package-lock.json': '{}' };
const ownYarn = { '.yarnrc.yml': 'yarnPath: .yarn/releases/yarn-4.0.0.cjs\n', '.yarn/releases/yarn-4.0.0.cjs': '' };

test.each([
  ['no lock file', manifest(), /^npm - -$/],
  ['a package-lock.json', { ...manifest({ engines: { yarn: '1' } }), ...npm }, /^npm - -$/],
  ['a yarn.lock of Yarn 1', { ...manifest(), ...yarn1 }, /^yarn yarn@1\.\d+\.\d+ sha512-\S{88}$/],
  ['a yarn.lock of Yarn 4', { ...manifest(), ...yarn4 }, /^yarn @yarnpkg\/cli-dist@4\.\d+\.\d+ sha512-\S{88}$/],
  ['a lock file of pnpm 7', { ...manifest(), ...pnpm('5.4') }, /^pnpm pnpm@7\.\d+\.\d+ sha512-\S{88}$/],
  ['a lock file of pnpm 8', { ...manifest(), ...pnpm("'6.0'") }, /^pnpm pnpm@8\.\d+\.\d+ sha512-\S{88}$/],
  ['a lock file of pnpm 10', { ...manifest(), ...pnpm("'9.0'") }, /^pnpm pnpm@10\.\d+\.\d+ sha512-\S{88}$/],
  ['a lock file of a later pnpm', { ...manifest(), ...pnpm("'77.0'") }, /^pnpm pnpm@10\./],
  ['engines.pnpm without a lock file', manifest({ engines: { pnpm: '^9' } }), /^pnpm pnpm@\^9 -$/],
  ['engines.yarn of Yarn 1', { ...manifest({ engines: { yarn: '1.21.x' } }), ...yarn1 }, /^yarn yarn@1\.21\.x -$/],
  [
    'engines.yarn of Yarn 4',
    { ...manifest({ engines: { yarn: '4.0.x' } }), ...yarn4 },
    /^yarn @yarnpkg\/cli-dist@4\.0\.x -$/,
  ],
  [
    'a range that has the pinned version',
    { ...manifest({ engines: { yarn: '>=1.0' } }), ...yarn1 },
    /^yarn yarn@1\.22\.\d+ sha512/,
  ],
  ['a sentence as a range', manifest({ engines: { yarn: 'please-use-npm' } }), /^npm - -$/],
  ['a range with blanks', { ...manifest({ engines: { yarn: '>=1 <2' } }), ...yarn1 }, /^yarn yarn@1\.22/],
  ['a range that is a command', { ...manifest({ engines: { pnpm: '$(id)' } }), ...pnpm('9.0') }, /^pnpm pnpm@10\./],
  ['packageManager', { ...manifest({ packageManager: 'pnpm@9.1.0' }), ...pnpm('6.0') }, /^pnpm pnpm@9\.1\.0 -$/],
  ['packageManager of Yarn 3', manifest({ packageManager: 'yarn@3.2.1' }), /^yarn @yarnpkg\/cli-dist@3\.2\.1 -$/],
  ['packageManager with an unknown hash', manifest({ packageManager: 'npm@10.0.0+sha3.00ff' }), /^npm - -$/],
  ['packageManager with a hash', manifest({ packageManager: 'npm@10.0.0+sha1.00ff' }), /^npm npm@10\.0\.0 sha1-AP8=$/],
  [
    'a Yarn in the repository',
    { ...manifest({ packageManager: 'yarn@4.0.0' }), ...ownYarn, ...yarn4 },
    /^yarn \.\/\.yarn\/releases\/yarn-4\.0\.0\.cjs -$/,
  ],
  [
    'a Yarn outside of the repository',
    { ...manifest(), ...yarn4, '.yarnrc.yml': 'yarnPath: ../../bin/sh\n' },
    /^yarn @yarnpkg/,
  ],
])('a project with %s is installed by the right package manager', (_, files, expected) => {
  expect(chosenManager(files).chosen).toMatch(expected);
});

test.each([
  ['the lock files of two', { ...manifest(), ...npm, ...pnpm('9.0') }, ['pnpm-lock.yaml is not used, because npm']],
  [
    'the lock files of three',
    { ...manifest(), ...npm, ...yarn1, ...pnpm('9.0') },
    ['pnpm-lock.yaml is', 'yarn.lock is'],
  ],
  [
    'packageManager and another lock file',
    { ...manifest({ packageManager: 'yarn@1.22.0' }), ...npm },
    ['package-lock.json is'],
  ],
  ['the lock file of bun', { ...manifest(), 'bun.lockb': '' }, ["bun's lock file is not used"]],
  [
    'a packageManager that is no text',
    manifest({ packageManager: {} }),
    ['packageManager of package.json is not used'],
  ],
])('a project with %s gets a warning for each file without effect', (_, files, warnings) => {
  const lines = chosenManager(files).warnings.trim().split('\n');
  expect(lines).toEqual(warnings.map((warning) => expect.stringContaining(`Warning: ${warning}`)));
});

describe('a Yarn in the repository', () => {
  const yarn = (program: string, name = 'yarn.cjs') => ({
    ...manifest(),
    ...{ '.yarnrc.yml': 'yarnPath: ./yarn.cjs\n', 'yarn.lock': '__metadata:\n  version: 10\n' },
    [name]: program,
  });

  test('that prints its error to the standard output fails the build with the error', () => {
    const { output } = preparedManager(yarn('console.log("Usage Error: wrong .yarnrc.yml"); process.exit(1);'));
    expect(output).toContain('ERROR: yarn --version failed: Usage Error: wrong .yarnrc.yml\n');
    expect(output).toContain('ERROR: Correct the settings of yarn in the repository, such as .yarnrc.yml or .npmrc.\n');
    expect(output).not.toContain('prepared');
  });

  test('that is a link runs, and nothing that the name of its target holds', () => {
    const target = 'x$(touch ran)`touch ran`.cjs';
    const { output, names } = preparedManager(yarn('console.log("9.8.7")', target), { 'yarn.cjs': target });
    expect(output).toBe('-----> yarn 9.8.7\nprepared\n');
    expect(names).not.toContain('ran');
  });
});
