import { describe, expect, test } from '@jest/globals';
import { eventually } from '../contract/client.ts';
import { type Files, useAppBuilds } from '../support/app-builds.ts';
import { manifest, serving } from '../support/node-project.ts';

const { build, start } = useAppBuilds();

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
  ])('the scripts %j run in the order that Heroku gives them', async (scripts, said) => {
    const files = {
      'package.json': manifest({ scripts }),
      'server.js': serving('require("fs").readFileSync("said")'),
    };
    const { running } = await start(files);
    expect(await running.page()).toBe(said);
  });

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
  });
});

describe('a failed build leads with its cause', () => {
  test.each([
    [
      'a package that does not exist',
      { dependencies: { 'is-number': '99.0.0' } },
      'npm install failed: No matching version found for is-number@99.0.0',
    ],
    [
      'a script without its program',
      { scripts: { build: 'no-such-program' } },
      'The script build of package.json failed: .*no-such-program: not found',
    ],
    [
      'a script that throws',
      { scripts: { build: 'node -e "throw new TypeError(1234)"' } },
      'The script build of package.json failed: TypeError: 1234',
    ],
    [
      'a script that tells an error early',
      { scripts: { build: 'echo "a.ts: error TS1: wrong"; seq 500; exit 1' } },
      'failed: a.ts: error TS1: wrong',
    ],
    ['a script that says nothing', { scripts: { build: 'exit 3' } }, 'failed: .'],
  ])('the message of %s has the cause', async (_, fields, cause) => {
    const { run } = await build({ 'package.json': manifest(fields), 'server.js': '' });
    expect(run.failed?.results.failure).toMatch(new RegExp(`ERROR: [^\\n]*${cause}`));
  });
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
  );

  test.each([
    ['a range', engines('>=18 <100')],
    ['lts/*', { ...none, '.nvmrc': 'lts/*' }],
    ['node', { ...none, '.nvmrc': 'node' }],
  ])('a version that the builder has, or any version, needs no warning: %s', async (_, files: Files) => {
    expect((await build({ ...files, 'server.js': '' })).log).not.toContain('Warning');
  });
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
    ['Yarn 1', { packageManager: 'yarn@1.22.22', scripts: { start: 'true && node server.js; true' } }, undefined],
    ['Yarn 4', { packageManager: 'yarn@4.18.1', scripts: { start: 'true && node server.js; true' } }, undefined],
    ['pnpm', { packageManager: 'pnpm@10.34.8', scripts: { start: 'true && node server.js; true' } }, undefined],
  ])('SIGTERM reaches the program behind %s', async (_, fields, procfile) => {
    const files = { 'package.json': manifest(fields), 'server.js': server };
    const { running } = await start({ ...files, ...(procfile === undefined ? {} : { Procfile: procfile }) });
    await running.signal();
    await running.ended();
    // The output of the image's process may come after its end.
    await eventually(async () => (await running.output()).includes('heard SIGTERM'));
  });
});
