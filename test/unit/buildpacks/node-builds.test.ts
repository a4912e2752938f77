import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../../contract/client.ts';
import { type Files, pageOf, useAppBuilds } from '../../support/app-builds.ts';

const { build, start } = useAppBuilds();
const lock = (name: string) => readFileSync(join(import.meta.dirname, '../../fixtures/node', name), 'utf8');
const manifest = (fields: object = {}) =>
  JSON.stringify({ name: 'application', version: '1.0.0', private: true, ...fields });

/** Returns a program that serves the value of an expression. */
const serving = (expression: string): string =>
  `require('http').createServer((_, response) => response.end(String(${expression}))).listen(process.env.PORT);`;

/** Builds a project twice, the second time with the cache of the first build, and expects one digest. */
const builtTwice = async (files: Files, image: string): Promise<{ log: string; page: string }> => {
  const first = await start(files, { image });
  const second = await build(files, { image });
  expect(second.failure).toBe('');
  expect(second.digest).toBe(first.digest);
  return { log: first.log, page: await pageOf(first.running) };
};

describe.each(['yarn 1', 'yarn 4', 'yarn 4 with archives', 'pnpm'])('a project with workspaces and the lock file of %s', (manager) => {
  const member = manager === 'yarn 1' ? '1.0.0' : 'workspace:*';
  const lockFile: Files = {
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
      ${serving('[require("member"), require("fs").readFileSync("odd", "utf8"), dev]')}`,
  };

  test('its packages are installed by that program, and the development dependencies only while it is built', async () => {
    const { log, page } = await builtTwice({ ...files, 'package.json': manifest(fields) }, manager.replaceAll(' ', ''));
    const [name = '', major = ''] = manager.split(' ');
    expect(log).toMatch(new RegExp(`-----> ${name} ${major}[\\d.]+\\n`));
    expect(log).toContain(`-----> Process web: ${name} start`);
    expect(page).toBe('true,true,false');
  }, 240_000);

  test('a lock file that does not fit package.json fails the build, and the log says what to do', async () => {
    const changed = { ...fields, dependencies: { ...fields.dependencies, 'left-pad': '1.3.0' } };
    const { failure } = await build(
      { ...files, 'package.json': manifest(changed) },
      { image: manager.replaceAll(' ', '') },
    );
    expect(failure).toMatch(/ERROR: .* install failed[\s\S]*disagree, run ".* install"/);
  }, 240_000);
});

describe('the field packageManager', () => {
  test('another npm than the one of the builder installs the packages', async () => {
    const scripts = { start: 'x y', build: 'npm --version > version' };
    const files = { 'package.json': manifest({ packageManager: 'npm@10.9.2', scripts }) };
    const { failure, log } = await build(files);
    expect([failure, log]).toEqual(['', expect.stringMatching(/-----> npm 10\.9\.2\n[\s\S]*npm run build/)]);
  }, 240_000);

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
    expect(await pageOf(running)).toBe('own');
    expect(running.output()).toContain('own yarn start');
  }, 240_000);

  test('the version that it names installs the packages', async () => {
    const { log, failure } = await build({
      'package.json': manifest({
        packageManager: 'pnpm@9.15.9',
        scripts: { start: 'node -e 1', build: 'pnpm --version' },
      }),
    });
    expect(failure).toBe('');
    expect(log).toMatch(/-----> Installing pnpm@9\.15\.9\n-----> pnpm 9\.15\.9\n[\s\S]*pnpm run build[\s\S]*9\.15\.9/);
  }, 240_000);

  test('a program with another hash than it names is not run', async () => {
    const packageManager = `yarn@1.22.22+sha512.${'0'.repeat(128)}`;
    const { failure } = await build({ 'package.json': manifest({ packageManager, scripts: { start: 'x y' } }) });
    expect(failure).toMatch(/ERROR: yarn@1\.22\.22 has another hash than packageManager/);
  }, 240_000);

  test.each(['bun@1.0.0', 'pnpm', 'pnpm@latest; echo', 'yarn@^1', 7])(
    'a packageManager %j is named in a warning and not used',
    async (packageManager) => {
      const { log } = await build({ 'package.json': manifest({ packageManager }), 'server.js': '' });
      expect(log).toContain('Warning: packageManager of package.json is not used');
      expect(log).toContain('Process web: node server.js');
    },
    240_000,
  );

  test('a lock file of another program is named in a warning', async () => {
    const { log } = await build({
      'package.json': manifest(),
      'package-lock.json': JSON.stringify({ name: 'application', version: '1.0.0', lockfileVersion: 3, packages: {} }),
      ...{ 'yarn.lock': '', 'bun.lock': '', 'server.js': '' },
    });
    expect(log).toContain('Warning: yarn.lock is not used, because npm installs the packages.');
    expect(log).toContain("Warning: bun's lock file is not used");
  }, 240_000);
});

describe('scripts of a build', () => {
  const say = (word: string) => `echo ${word} >> said`;
  test.each([
    [{ build: say('build') }, 'build\n'],
    [{ 'heroku-build': say('heroku'), build: say('build') }, 'heroku\n'],
    [
      { 'heroku-prebuild': say('before'), build: say('build'), 'heroku-postbuild': say('after') },
      'before\nbuild\nafter\n',
    ],
    [{ 'heroku-postbuild': say('after') }, 'after\n'],
  ])(
    'the scripts %j run in the order that Heroku gives them',
    async (scripts, said) => {
      const files = {
        'package.json': manifest({ scripts }),
        'server.js': serving('require("fs").readFileSync("said")'),
      };
      const { running } = await start(files);
      expect(await pageOf(running)).toBe(said);
    },
    240_000,
  );

  test('USE_NPM_INSTALL installs by npm install, although there is a package-lock.json that does not fit', async () => {
    const files = {
      'package.json': manifest({ dependencies: { own: 'file:own' } }),
      'package-lock.json': JSON.stringify({ name: 'application', version: '1.0.0', lockfileVersion: 3, packages: {} }),
      'own/package.json': JSON.stringify({ name: 'own', version: '1.0.0' }),
      'server.js': '',
    };
    expect((await build(files)).failure).toContain('ERROR: npm ci failed');
    const { failure, log } = await build(files, { variables: ['USE_NPM_INSTALL=USE_NPM_INSTALL'] });
    expect([failure, log]).toEqual(['', expect.stringContaining('-----> npm install')]);
  }, 240_000);
});

describe('a failed build leads with its cause', () => {
  test.each([
    ['a package that does not exist', { dependencies: { 'is-number': '99.0.0' } }, 'npm install failed: No matching version found for is-number@99.0.0'],
    ['a script without its program', { scripts: { build: 'no-such-program' } }, 'The script build of package.json failed: .*no-such-program: not found'],
    ['a script that throws', { scripts: { build: 'node -e "throw new TypeError(1234)"' } }, 'The script build of package.json failed: TypeError: 1234'],
    ['a script that tells an error early', { scripts: { build: 'echo "a.ts: error TS1: wrong"; seq 500; exit 1' } }, 'failed: a.ts: error TS1: wrong'],
    ['a script that says nothing', { scripts: { build: 'exit 3' } }, 'failed: .'],
  ])(
    'the message of %s has the cause',
    async (_, fields, cause) => {
      const { run } = await build({ 'package.json': manifest(fields), 'server.js': '' });
      expect(run.failed?.results.failure).toMatch(new RegExp(`ERROR: [^\\n]*${cause}`));
    },
    240_000,
  );
});

describe('the version of Node.js', () => {
  const engines = (node: string) => ({ 'package.json': manifest({ engines: { node } }) });
  const none = { 'package.json': manifest() };
  test.each([
    ['engines.node of package.json', engines('^4.2 || 6.x'), '^4.2 || 6.x'],
    ['.nvmrc', { ...none, '.nvmrc': 'v8.1\n' }, '8.1'],
    ['.nvmrc', { ...none, '.nvmrc': 'lts/hydrogen' }, '18'],
    ['.node-version', { ...none, '.node-version': Buffer.from('\ufeff9.0.0\r\n', 'utf16le') }, '9.0.0'],
  ])(
    'a warning has the version that %s asks for, and the one that the builder has',
    async (name, files: Files, wanted) => {
      const { log } = await build({ ...files, 'server.js': '' });
      const [, used] = /-----> Node\.js v(\S+)/.exec(log) ?? [];
      expect(log).toContain(`Warning: ${name} asks for Node.js ${wanted}, and the builder has ${used}.`);
      expect(log.match(/Warning/g)).toHaveLength(1);
    },
    240_000,
  );

  test.each([
    ['a range', engines('>=18 <100')],
    ['lts/*', { ...none, '.nvmrc': 'lts/*' }],
    ['node', { ...none, '.nvmrc': 'node' }],
  ])(
    'a version that the builder has, or any version, needs no warning: %s',
    async (_, files: Files) => {
      expect((await build({ ...files, 'server.js': '' })).log).not.toContain('Warning');
    },
    240_000,
  );
});

describe('signals', () => {
  const server = `process.on('SIGTERM', () => { console.log('heard SIGTERM'); process.exit(0); }); ${serving('1')}`;
  test.each([
    ['a script in several parts', { scripts: { start: 'true && node server.js && true' } }, undefined],
    [
      'a script that runs a script',
      { scripts: { start: 'npm run serve', serve: 'A=1 node server.js; true' } },
      undefined,
    ],
    ['a Procfile with npm', { scripts: { serve: 'true; node server.js; true' } }, 'web: npm run serve'],
  ])(
    'SIGTERM reaches the program behind %s',
    async (_, fields, procfile) => {
      const files = { 'package.json': manifest(fields), 'server.js': server };
      const { running } = await start({ ...files, ...(procfile === undefined ? {} : { Procfile: procfile }) });
      running.signal('SIGTERM');
      await running.ended;
      // The output of the image's process may come after its end.
      await eventually(async () => running.output().includes('heard SIGTERM'));
    },
    240_000,
  );
});
