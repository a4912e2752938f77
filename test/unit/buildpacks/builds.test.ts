import { expect, test } from '@jest/globals';
import { eventually } from '../../contract/client.ts';
import { buildsTimeoutMs, isOnCluster, useAppBuilds } from '../../support/app-builds.ts';
import * as node from '../../support/node-project.ts';
import { project, serving, setuptools } from '../../support/python-project.ts';

// Builds that need no package manager but the builder's. test/buildpacks has the others, which take minutes.
const { build, start, builtTwice } = useAppBuilds();

test(
  'SIGTERM reaches the program behind npm start, which the scripts of Heroku have built',
  async () => {
    const say = (word: string) => `echo ${word} >> said`;
    const scripts = {
      'heroku-prebuild': say('before'),
      'heroku-build': say('heroku'),
      build: say('build'),
      'heroku-postbuild': say('after'),
      start: 'true && node server.js && true',
    };
    const server = `process.on('SIGTERM', () => { console.log('heard SIGTERM'); process.exit(0); });
    ${node.serving('require("fs").readFileSync("said")')}`;
    const { running } = await start({ 'package.json': node.manifest({ scripts }), 'server.js': server });
    expect(await running.page()).toBe('before\nheroku\nafter\n');
    await running.signal();
    await running.ended();
    // The output of the image's process may come after its end.
    await eventually(async () => (await running.output()).includes('heard SIGTERM'));
  },
  buildsTimeoutMs,
);

test(
  'a script that leaves a process behind ends the build no later',
  async () => {
    const scripts = { build: 'sleep 1000 & echo "left $!"' };
    const { log, failure } = await build({ 'package.json': node.manifest({ scripts }), 'server.js': '' });
    const [, pid] = /^left (\d+)$/m.exec(log) ?? [];
    // On a cluster the process has ended with its pod.
    if (!isOnCluster) process.kill(Number(pid));
    expect(failure).toBe('');
  },
  buildsTimeoutMs,
);

test(
  'the workspaces of npm are linked, without development dependencies, and the same commit gives the same image',
  async () => {
    const member = (name: string) => JSON.stringify({ name, version: '1.0.0', main: 'index.js' });
    const files = {
      'package.json': node.manifest({
        workspaces: ['packages/*'],
        dependencies: { member: '1.0.0' },
        devDependencies: { tool: 'file:tool' },
        scripts: { build: 'node build.js' },
      }),
      'packages/member/package.json': member('member'),
      'packages/member/index.js': 'module.exports = "member";',
      'tool/package.json': member('tool'),
      'tool/index.js': 'module.exports = "tool";',
      'build.js': 'require("fs").writeFileSync("built", require("tool"));',
      'server.js': `let dev = false; try { require("tool"); dev = true; } catch {}
      ${node.serving('[require("member"), require("fs").readFileSync("built"), dev]')}`,
    };
    expect((await builtTwice(files, 'npm')).page).toBe('member,tool,false');
  },
  buildsTimeoutMs,
);

test(
  'a requirements.txt in UTF-16 with an editable package is installed, and the same commit gives the same image',
  async () => {
    const files = {
      'requirements.txt': Buffer.from('\ufeff-e .\r\n', 'utf16le'),
      'pyproject.toml': project(`${setuptools}[tool.setuptools]\npackages = ["own"]\n`),
      'own/__init__.py': 'word = "own"\n',
      'web/app.py': serving('own.word', 'import own'),
      Procfile: 'web: cd web && python app.py',
    };
    expect((await builtTwice(files, 'python')).page).toBe('own');
  },
  buildsTimeoutMs,
);

test(
  'a table of Debian packages in project.toml, which this builder does not read, is named in one warning',
  async () => {
    const files = {
      Procfile: 'web: x',
      'project.toml': '[com.heroku.buildpacks.deb-packages]\ninstall = ["curl"]\n',
    };
    const { failure, log } = await build(files);
    expect(failure).toBe('');
    expect(log.match(/Warning: .*/g)).toEqual([
      'Warning: The table deb-packages of project.toml is not used by this builder. Name its packages in an Aptfile, one a line.',
    ]);
  },
  buildsTimeoutMs,
);

test(
  'an Aptfile that names no package builds, and one with an option fails with a sentence',
  async () => {
    const { failure, log } = await build({ Procfile: 'web: x', Aptfile: '# none\n' });
    expect(failure).toBe('');
    expect(log).toContain('The Aptfile names no package');
    const refused = await build({ Procfile: 'web: x', Aptfile: '-o=x\n' });
    expect(refused.failure).toContain('Aptfile, line 1: "-o=x" is an option.');
  },
  buildsTimeoutMs,
);

test(
  'a Procfile in which processes have the names of their programs starts these programs',
  async () => {
    const files = {
      'app.py': serving('"own"'),
      Procfile: 'web: python app.py\npython: python app.py\nbash: bash -c "python app.py"',
    };
    for (const process of ['python', 'bash']) {
      const { running } = await start(files, { image: 'names', process });
      expect(await running.page()).toBe('own');
    }
  },
  buildsTimeoutMs,
);
