import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Files, useAppBuilds } from '../support/app-builds.ts';
import { manifest, serving } from '../support/node-project.ts';

const { build, start, builtTwice } = useAppBuilds();
const lock = (name: string) => readFileSync(join(import.meta.dirname, '../fixtures/node', name), 'utf8');

describe.each(['npm', 'yarn 1', 'yarn 4', 'yarn 4 with archives', 'pnpm'])(
  'a project with workspaces and the lock file of %s',
  (manager) => {
    const member = ['npm', 'yarn 1'].includes(manager) ? '1.0.0' : 'workspace:*';
    const lockFile: Files = {
      npm: { 'package-lock.json': lock('package-lock.json') },
      'yarn 1': { 'yarn.lock': lock('yarn-1.lock') },
      'yarn 4 with archives': { 'yarn.lock': lock('yarn-4.lock') },
      'yarn 4': { 'yarn.lock': lock('yarn-4.lock'), '.yarnrc.yml': 'nodeLinker: node-modules\n' },
      pnpm: { 'pnpm-lock.yaml': lock('pnpm-lock.yaml'), 'pnpm-workspace.yaml': 'packages:\n  - packages/*\n' },
    }[manager] as Files;
    const fields = {
      ...(manager === 'pnpm' ? {} : { workspaces: ['packages/*'] }),
      dependencies: { member },
      devDependencies: { 'is-odd': '3.0.1' },
      scripts: { build: 'node build.js', start: 'true && node server.js' },
    };
    const files: Files = {
      ...lockFile,
      'packages/member/package.json': JSON.stringify({
        ...{ name: 'member', version: '1.0.0', main: 'index.js' },
        dependencies: { 'is-number': '7.0.0' },
      }),
      'packages/member/index.js': 'module.exports = require("is-number")(7);',
      'build.js': 'require("fs").writeFileSync("odd", String(require("is-odd")(7)));',
      'server.js': `let dev = false; try { require.resolve("is-odd"); dev = true } catch {}
      ${serving('[require("member"), require("fs").readFileSync("odd", "utf8"), dev, require("fs").existsSync(".yarn/install-state.gz")]')}`,
    };

    test('its packages are installed by that program, and the development dependencies only while it is built', async () => {
      const { log, page } = await builtTwice(
        { ...files, 'package.json': manifest(fields) },
        manager.replaceAll(' ', ''),
      );
      const [name = '', major = ''] = manager.split(' ');
      if (name !== 'npm') expect(log).toMatch(new RegExp(`-----> ${name} ${major}[\\d.]+\\n`));
      expect(log).toContain(`-----> Process web: ${name} start`);
      // Yarn writes nothing into the project, because the image's user may not be able to.
      expect(page).toBe('true,true,false,false');
    });

    test('a lock file that does not fit package.json fails the build, and the log says what to do', async () => {
      const changed = { ...fields, dependencies: { ...fields.dependencies, 'left-pad': '1.3.0' } };
      const { failure } = await build(
        { ...files, 'package.json': manifest(changed) },
        { image: manager.replaceAll(' ', '') },
      );
      expect(failure).toMatch(/ERROR: (.* install|npm ci) failed: [\s\S]*disagree, run ".* install"/);
    });
  },
);

test('Yarn 3 without its plugin keeps the development dependencies, and a warning says so', async () => {
  const files = {
    'package.json': manifest({
      packageManager: 'yarn@3.8.7',
      devDependencies: { 'is-odd': '3.0.1' },
      scripts: { build: 'node -e "require(\'is-odd\')"' },
    }),
    '.yarnrc.yml': 'nodeLinker: node-modules\n',
    'server.js': serving('require("is-odd")(7)'),
  };
  const { log, page } = await builtTwice(files, 'yarn3');
  expect(log).toMatch(/Warning: Yarn 3\.8\.7 can not remove the development dependencies/);
  expect(page).toBe('true');
});

test('a build with a .yarnrc.yml that Yarn can not read fails with the error of Yarn', async () => {
  const { failure } = await build({
    'package.json': manifest({ packageManager: 'yarn@4.18.1', dependencies: { 'is-odd': '3.0.1' } }),
    '.yarnrc.yml': 'wrong: [',
    'server.js': '',
  });
  expect(failure).toMatch(/ERROR: yarn .* failed: .*\S.*\nERROR: Correct the settings of yarn/);
});

test('a package manager that the registry does not have fails the build with the error of npm', async () => {
  const { failure } = await build({ 'package.json': manifest({ packageManager: 'pnpm@9.999.0' }), 'server.js': '' });
  expect(failure).toMatch(
    /npm error[\s\S]*ERROR: pnpm@9\.999\.0 is not to be had from the registry; npm says above why/,
  );
});

test('a package manager whose version engines excludes is named in a warning', async () => {
  const { log } = await build({ 'package.json': manifest({ engines: { npm: '6.x' } }), 'server.js': '' });
  expect(log).toMatch(/Warning: engines\.npm of package\.json asks for npm 6\.x, and the builder has \d/);
});

describe('the field packageManager', () => {
  test('another npm than the one of the builder installs the packages', async () => {
    const scripts = { start: 'x y', build: 'npm --version > version' };
    const files = { 'package.json': manifest({ packageManager: 'npm@10.9.2', scripts }) };
    const { failure, log } = await build(files);
    expect([failure, log]).toEqual(['', expect.stringMatching(/-----> npm 10\.9\.2\n[\s\S]*npm run build/)]);
  });

  test('a Yarn that is in the repository installs the packages and starts the program', async () => {
    const { running } = await start({
      'package.json': manifest({ scripts: { build: 'cd sub && yarn x', start: 'true && yarn x' } }),
      '.yarnrc.yml': 'yarnPath: .yarn/releases/yarn.cjs\n',
      'yarn.lock': '__metadata:\n  version: 10\n',
      'sub/a': '',
      'server.js': serving('"own"'),
      '.yarn/releases/yarn.cjs': `const words = process.argv.slice(2).join(' ');
        console.log('own yarn', words);
        const sh = (text) => require('child_process').execSync(text, { stdio: 'inherit' });
        if (words === 'run build') sh('cd sub && yarn x');
        if (words === 'start') sh('exec node server.js');`,
    });
    expect(await running.page()).toBe('own');
    expect(await running.output()).toContain('own yarn start');
  });

  test('the version that it names installs the packages', async () => {
    const { log, failure } = await build({
      'package.json': manifest({
        packageManager: 'pnpm@9.15.9',
        scripts: { start: 'node -e 1', build: 'pnpm --version' },
      }),
    });
    expect(failure).toBe('');
    expect(log).toMatch(/-----> Installing pnpm@9\.15\.9\n-----> pnpm 9\.15\.9\n[\s\S]*pnpm run build[\s\S]*9\.15\.9/);
  });

  test('a program with another hash than it names is not run', async () => {
    const packageManager = `yarn@1.22.22+sha512.${'0'.repeat(128)}`;
    const { failure } = await build({ 'package.json': manifest({ packageManager, scripts: { start: 'x y' } }) });
    expect(failure).toMatch(/ERROR: yarn@1\.22\.22 does not have the hash that was expected/);
  });

  test.each(['bun@1.0.0', 'pnpm', 'pnpm@latest; echo', 'yarn@^1', 7])(
    'a packageManager %j is named in a warning and not used',
    async (packageManager) => {
      const { log } = await build({ 'package.json': manifest({ packageManager }), 'server.js': '' });
      expect(log).toContain('Warning: packageManager of package.json is not used');
      expect(log).toContain('Process web: node server.js');
    },
  );

  test('a lock file of another program is named in a warning', async () => {
    const { log } = await build({
      'package.json': manifest(),
      'package-lock.json': JSON.stringify({ name: 'application', version: '1.0.0', lockfileVersion: 3, packages: {} }),
      ...{ 'yarn.lock': '', 'bun.lock': '', 'server.js': '' },
    });
    expect(log).toContain('Warning: yarn.lock is not used, because npm installs the packages.');
    expect(log).toContain("Warning: bun's lock file is not used");
  });
});
