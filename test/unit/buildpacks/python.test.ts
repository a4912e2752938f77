import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Files, pageOf, useAppBuilds } from '../../support/app-builds.ts';

const { build, start } = useAppBuilds();
const fixtures = join(import.meta.dirname, '../../fixtures/python');
const lock = (name: string) => readFile(join(fixtures, name), 'utf8');
const wheel = 'dep-1.0.0-py3-none-any.whl';

/** Returns a program that serves the value of a Python expression. */
const serving = (expression: string, imports = ''): string => `${imports}
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(${expression}).encode())
    def log_message(self, *words):
        pass
http.server.HTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
`;
const project = (more = '') =>
  `[project]\nname = "application"\nversion = "0.1.0"\nrequires-python = ">=3.10"\n${more}`;
const setuptools = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n';
const dep = (more: string) => ({
  'libs/dep/src/dep/__init__.py': 'word = "dep"\n',
  'libs/dep/pyproject.toml': `[project]\nname = "dep"\nversion = "1.0.0"\n${more}`,
});
const poetry = '[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n';
const uvBuild = '[build-system]\nrequires = ["uv_build"]\nbuild-backend = "uv_build"\n';

/**
 * Builds the files twice, the second time with the cache of the first build, expects one digest, and returns the log of
 * the first build and the page of its running image.
 * @param image the image's name. Builds of the same image share their cache
 */
const builtTwice = async (files: Files, image: string): Promise<{ log: string; page: string }> => {
  const first = await start(files, { image });
  const second = await build(files, { image });
  expect(second.failure).toBe('');
  expect(second.digest).toBe(first.digest);
  return { log: first.log, page: await pageOf(first.running) };
};

describe('a lock file is installed by the tool that wrote it', () => {
  const poetryProject = (more: string) =>
    `${project('dynamic = ["dependencies"]\n')}\n[tool.poetry.dependencies]\ndep = { path = "${wheel}" }\n${more}${poetry}`;
  const poetryFiles = async (more: string) => ({
    [wheel]: await readFile(join(fixtures, wheel)),
    'pyproject.toml': poetryProject(more),
    'poetry.lock': await lock('poetry.lock'),
    'app.py': serving('dep.word', 'import dep'),
  });
  const uvProject = `${project('dependencies = ["dep"]\n')}\n[tool.uv.sources]\ndep = { path = "libs/dep" }\n`;

  test('uv.lock is installed by uv, also with a package of the repository', async () => {
    const files = { ...dep(uvBuild), 'pyproject.toml': uvProject, 'uv.lock': await lock('uv.lock') };
    const { log, page } = await builtTwice({ ...files, 'app.py': serving('dep.word', 'import dep') }, 'uv');
    expect(log).toMatch(/Installing uv [\d.]+\n[\s\S]*uv sync --locked/);
    expect(page).toBe('dep');
  }, 240_000);

  test('poetry.lock is installed by Poetry, and an application that is no package is named', async () => {
    const { log, page } = await builtTwice(await poetryFiles(''), 'poetry');
    expect(log).toMatch(/Warning: pyproject\.toml describes an application.*package-mode = false/);
    expect(page).toBe('dep');
  }, 240_000);

  test('a project of Poetry with package-mode = false is built without a warning', async () => {
    const files = await poetryFiles('[tool.poetry]\npackage-mode = false\n');
    const { log, running } = await start(files, { image: 'poetry' });
    expect(log).not.toContain('describes an application');
    expect(await pageOf(running)).toBe('dep');
  }, 240_000);

  test('pdm.lock is installed by PDM', async () => {
    const text = `${project('dependencies = ["six==1.17.0"]\n')}\n[tool.pdm]\ndistribution = false\n`;
    const files = { 'pyproject.toml': text, 'pdm.lock': await lock('pdm.lock') };
    const { log, page } = await builtTwice({ ...files, 'app.py': serving('six.__version__', 'import six') }, 'pdm');
    expect(log).toContain('pdm sync --prod');
    expect(page).toBe('1.17.0');
  }, 240_000);

  test('a lock file that does not fit its project fails with the command that makes it fit', async () => {
    const text = uvProject.replace('"dep"', '"dep", "six"');
    const files = { ...dep(uvBuild), 'pyproject.toml': text, 'uv.lock': await lock('uv.lock'), 'app.py': '' };
    expect((await build(files, { image: 'uv' })).failure).toMatch(/ERROR: uv sync failed[\s\S]*run "uv lock"/);
  }, 240_000);

  test('a lock file beside requirements.txt is named in a warning', async () => {
    const { log } = await build({ 'requirements.txt': '', 'uv.lock': await lock('uv.lock'), 'app.py': '' });
    expect(log).toContain('Warning: uv.lock is not used, because there is a requirements.txt too.');
  }, 240_000);
});

describe('a project that is an application, not a package', () => {
  test.each([
    ['two folders', { 'one/__init__.py': '', 'two/__init__.py': '' }, setuptools],
    ['two modules', { 'one.py': '', 'two.py': '' }, ''],
    [
      'a backend that finds no package',
      {},
      '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n',
    ],
  ])(
    'a project with %s installs its dependencies and runs',
    async (_, files: Files, backend) => {
      const text = `${project('dependencies = ["six==1.17.0"]\n')}\n${backend}`;
      const { log, page } = await builtTwice(
        {
          ...files,
          'pyproject.toml': text,
          'app.py': serving('six.__version__', 'import six'),
        },
        'application',
      );
      expect(log).toMatch(/Warning: pyproject\.toml describes an application, not a package/);
      expect(page).toBe('1.17.0');
    },
    240_000,
  );

  test.each([
    ['of Poetry without a lock file', `[tool.poetry]\nname = "x"\nversion = "1"\npackage-mode = false\n[tool.poetry.dependencies]\nsix = "*"\n${poetry}`],
    ['with dependencies that only its backend knows', `[project]\nname = "x"\nversion = "1"\ndynamic = ["dependencies"]\n${setuptools}`],
  ])(
    'an application %s fails, because its dependencies are not known',
    async (_, text) => {
      const files = { 'pyproject.toml': text, 'app.py': '', 'one/a.py': '', 'two/a.py': '' };
      expect((await build(files)).failure).toMatch(/ERROR: The project is an application.*\n.*lock file of Poetry/);
    },
    240_000,
  );

  test('a package that does not build fails', async () => {
    const files = { 'pyproject.toml': project(`dependencies = ["no such"]\n${setuptools}`), 'app.py': '' };
    expect((await build(files)).failure).toContain('ERROR: pip install failed');
  }, 240_000);
});

describe('a failed installation leads with its cause', () => {
  test.each([
    ['a package that does not exist', { 'requirements.txt': 'six==99.0\n' }, 'No matching distribution found for six==99.0', 'supports Python 3'],
    ['versions that exclude each other', { 'requirements.txt': 'six==1.16.0\nsix==1.17.0\n' }, 'conflicting dependencies', 'exclude each other'],
    [
      'a project with two packages',
      { 'requirements.txt': '-e .\n', 'pyproject.toml': project(setuptools), 'one/a.py': '', 'two/a.py': '' },
      'Multiple top-level packages discovered',
      'Name the packages',
    ],
    [
      'a program in C without its header',
      { 'requirements.txt': './own\n', 'own/setup.py': 'from setuptools import *; setup(name="own", ext_modules=[Extension("own", ["own.c"])])', 'own/own.c': '#include <no_such.h>\n' },
      'no_such.h',
      'system library',
    ],
  ])(
    'the message of %s has the cause and fitting advice',
    async (_, files: Files, cause, advice) => {
      const { run } = await build({ ...files, 'app.py': '' });
      const message = run.failed?.results.failure ?? '';
      expect(message).toContain(advice);
      expect(message).toMatch(new RegExp(`ERROR: pip install failed: [^\\n]*${cause}`));
      if (cause !== 'no_such.h') expect(message).not.toMatch(/compiler|library/);
    },
    240_000,
  );
});

describe('an editable package', () => {
  test.each([
    ['below src', '-e .', '', { 'src/own/__init__.py': 'word = "own"\n' }],
    ['beside its project', '-e .', '[tool.setuptools]\npackages = ["own"]\n', { 'own/__init__.py': 'word = "own"\n' }],
    [
      'of another folder',
      '-e libs/own',
      '',
      {
        'libs/own/own/__init__.py': 'word = "own"\n',
        'libs/own/setup.py': 'import setuptools; setuptools.setup(name="own", packages=["own"])',
      },
    ],
  ])(
    'an editable package %s is found by the running program',
    async (_, requirement, packages, files: Files) => {
      const own = requirement === '-e .' ? { 'pyproject.toml': project(`${setuptools}${packages}`) } : {};
      const { page } = await builtTwice(
        {
          ...{ ...files, ...own, 'requirements.txt': `${requirement}\n` },
          'web/app.py': serving('own.word + " " + own.__file__.split("/workspace/")[1]', 'import own'),
          Procfile: 'web: cd web && python app.py',
        },
        'editable',
      );
      const file = Object.keys(files).find((name) => name.endsWith('__init__.py'));
      expect(page).toBe(`own ${file}`);
    },
    240_000,
  );
});

describe('the version of Python', () => {
  test.each([
    ['.python-version', '2.6\n', '2.6'],
    ['runtime.txt', 'python-3.1.4', '3.1.4'],
    ['runtime.txt', Buffer.from('\ufeffpython-3.2\r\n', 'utf16le'), '3.2'],
    ['pyproject.toml', '[project]\nname = "x"\nversion = "1"\nrequires-python = "<3.1"\n', '<3.1'],
  ])(
    'a warning has the version that %s asks for, and the one that the builder has',
    async (name, content, wanted) => {
      const { log } = await build({ [name]: content, 'requirements.txt': '', 'app.py': '' });
      const [, used] = /-----> Python (\S+)/.exec(log) ?? [];
      expect(log).toContain(`${name} asks for Python ${wanted}, and the builder has ${used}.`);
      expect(log.match(/Warning/g)).toHaveLength(1);
    },
    240_000,
  );

  test('the version that the builder has needs no warning', async () => {
    const files = { 'requirements.txt': '', 'app.py': '', 'runtime.txt': 'python-3\n' };
    const { log } = await build({ ...files, 'pyproject.toml': project() });
    expect(log).not.toContain('Warning');
  }, 240_000);
});

test('a project that takes its version from git is built', async () => {
  const backend =
    '[build-system]\nrequires = ["setuptools", "setuptools-scm"]\nbuild-backend = "setuptools.build_meta"\n[tool.setuptools_scm]\n';
  const text = `[project]\nname = "own.name"\ndynamic = ["version"]\n${backend}`;
  const { page } = await builtTwice(
    {
      'pyproject.toml': text,
      'own/__init__.py': '',
      'app.py': serving('version("own.name")', 'from importlib.metadata import version'),
    },
    'version',
  );
  expect(page).toMatch(/^\d/);
}, 240_000);

describe('text in UTF-16', () => {
  const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
  test('a requirements.txt in UTF-16 is read', async () => {
    const { running } = await start({
      'requirements.txt': utf16('six==1.17.0\r\n'),
      'app.py': serving('six.__version__', 'import six'),
    });
    expect(await pageOf(running)).toBe('1.17.0');
  }, 240_000);

  test.each(['pyproject.toml', 'app.py', 'manage.py', 'Pipfile.lock', 'uv.lock', 'setup.cfg'])(
    'a %s in UTF-16 is named',
    async (name) => {
      const { failure } = await build({ 'requirements.txt': '', [name]: utf16('x = 1\r\n') });
      expect(failure).toMatch(new RegExp(`ERROR: ${name} is UTF-16 text, .*\\nERROR: Save it as UTF-8\\.`));
    },
    240_000,
  );
});

describe('the static files of Django', () => {
  const settings = `
import os
SECRET_KEY = os.environ.get("SECRET", "x")
ROOT_URLCONF = "site_.urls"
INSTALLED_APPS = ["django.contrib.staticfiles"]
STATIC_URL = "/static/"
STATICFILES_DIRS = ["assets"]
STATIC_ROOT = "collected"
ALLOWED_HOSTS = ["*"]
`;
  const django = (changed = settings): Files => ({
    'requirements.txt': 'django==5.2\n',
    'manage.py':
      'import os, sys\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n',
    'site_/__init__.py': '',
    'site_/urls.py': 'urlpatterns = []\n',
    'site_/settings.py': changed,
    'assets/a.css': 'body {}',
    Procfile: 'web: cd collected && python -m http.server $PORT',
  });

  test('the static files are collected, and the same commit gives the same image', async () => {
    const { log, page } = await builtTwice(django(), 'django');
    expect(log).toContain('manage.py collectstatic');
    expect(page).toContain('a.css');
  }, 240_000);

  test('settings that do not load fail the build with the variable that leaves the files out', async () => {
    const files = django('raise KeyError("NO_SECRET")');
    expect((await build(files, { image: 'django' })).failure).toMatch(
      /NO_SECRET[\s\S]*ERROR: .*DISABLE_COLLECTSTATIC=1/,
    );
    const { failure, log } = await build(files, { variables: ['DISABLE_COLLECTSTATIC=1'] });
    expect([failure, log]).toEqual(['', expect.stringContaining('DISABLE_COLLECTSTATIC is set')]);
  }, 240_000);

  test('an application without django.contrib.staticfiles collects none', async () => {
    const { failure, log } = await build(django(settings.replace('"django.contrib.staticfiles"', '')));
    expect([failure, log]).toEqual(['', expect.stringContaining('no static files to collect')]);
  }, 240_000);
});
