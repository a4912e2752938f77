import { describe, expect, test } from '@jest/globals';
import { buildsTimeoutMs, useAppBuilds } from '../../support/app-builds.ts';
import { manifest } from '../../support/node-project.ts';

const { build, start } = useAppBuilds();

describe('a repository from which nothing starts', () => {
  test.each([
    ['package.json', { 'package.json': manifest(), 'lib/a.js': '' }, 'package.json has no script "start"'],
    ['a Python package', { 'requirements.txt': '', 'tool/a.py': '' }, 'there is no app.py'],
    [
      'both',
      { 'package.json': manifest(), 'requirements.txt': '' },
      /Nothing starts: package\.json has .*; there is no app\.py/,
    ],
  ])(
    'a build of %s without a process fails and says why and what to do',
    async (_, files, reason) => {
      const { run, failure } = await build(files);
      expect(run.failed).toMatchObject({ name: 'build', exitCode: 51 });
      expect(failure).toMatch(reason);
      expect(run.failed?.results.failure).toMatch(/Nothing starts: [\s\S]*Add a Procfile with a line "web: COMMAND"/);
    },
    buildsTimeoutMs,
  );

  test(
    'a Procfile without the process web is enough',
    async () => {
      const { failure, log } = await build({ 'package.json': manifest(), Procfile: 'job: node -e 1' });
      expect(failure).toBe('');
      expect(log).toContain('no process starts by default');
    },
    buildsTimeoutMs,
  );
});

describe('a repository with pages and a package.json', () => {
  const page = '<title>pages</title><script src="index.js"></script>';
  test.each([
    ['neither builds nor starts anything', { 'index.html': page, 'package.json': manifest() }],
    [
      'names a script of the page as main',
      { 'index.html': page, 'index.js': 'x', 'package.json': manifest({ main: 'index.js' }) },
    ],
    ['only tests', { 'public/index.html': page, 'package.json': manifest({ scripts: { test: 'exit 1' } }) }],
    ['has pages in its root and in dist', { 'index.html': page, 'dist/index.html': '', 'package.json': manifest() }],
  ])(
    'the pages of a project that %s are served',
    async (_, files) => {
      const { running } = await start(files);
      expect(await running.page()).toBe(page);
    },
    buildsTimeoutMs,
  );

  test.each([
    ['server.js', {}],
    ['app.js', {}],
    ['main.js', { main: 'main.js' }],
  ])(
    'a project with pages and %s starts that program',
    async (name, fields) => {
      const program = 'require("http").createServer((_, r) => r.end("program")).listen(process.env.PORT)';
      const { running } = await start({ 'index.html': page, [name]: program, 'package.json': manifest(fields) });
      expect(await running.page()).toBe('program');
    },
    buildsTimeoutMs,
  );

  test(
    'a project that builds its pages is served from the built ones',
    async () => {
      const scripts = { build: 'mkdir dist && echo built > dist/index.html' };
      const { running } = await start({ 'index.html': page, 'package.json': manifest({ scripts }) });
      expect(await running.page()).toBe('built\n');
    },
    buildsTimeoutMs,
  );

  test(
    'a project whose pages are built elsewhere fails, and names the variable with which they are served',
    async () => {
      const scripts = { build: 'mkdir -p dist/app/browser && echo built > dist/app/browser/index.html' };
      const files = { 'package.json': manifest({ scripts }) };
      const { failure } = await build(files);
      expect(failure).toMatch(
        /Nothing starts: the static server finds no index\.html in dist, build, .*\n.*STATIC_FOLDERS/,
      );
      const { running } = await start(files, { variables: ['STATIC_FOLDERS=dist/app/browser'] });
      expect(await running.page()).toBe('built\n');
    },
    buildsTimeoutMs,
  );

  test(
    'a Python application with pages that Node.js builds gets them built',
    async () => {
      const scripts = { build: 'mkdir dist && echo built > dist/index.html' };
      const app =
        'import http.server, os\nhttp.server.test(http.server.SimpleHTTPRequestHandler, port=int(os.environ["PORT"]))';
      const { running, log } = await start({
        'app.py': app,
        'requirements.txt': '',
        'package.json': manifest({ scripts }),
      });
      expect(log).toContain('npm run build');
      expect(await running.page('/dist/index.html')).toBe('built\n');
    },
    buildsTimeoutMs,
  );
});
