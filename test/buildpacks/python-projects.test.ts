import { describe, expect, test } from '@jest/globals';
import { type Files, useAppBuilds } from '../support/app-builds.ts';
import { project, serving, setuptools } from '../support/python-project.ts';

const { build, start, builtTwice } = useAppBuilds();

describe('a failed installation leads with its cause', () => {
  test.each([
    [
      'a package that does not exist',
      { 'requirements.txt': 'six==99.0\n' },
      'No matching distribution found for six==99.0',
      'supports Python 3',
    ],
    [
      'versions that exclude each other',
      { 'requirements.txt': 'six==1.16.0\nsix==1.17.0\n' },
      'conflicting dependencies',
      'exclude each other',
    ],
    [
      'a project with two packages',
      { 'requirements.txt': '-e .\n', 'pyproject.toml': project(setuptools), 'one/a.py': '', 'two/a.py': '' },
      'Multiple top-level packages discovered',
      'Name the packages',
    ],
    [
      'a program in C without its header',
      {
        'requirements.txt': './own\n',
        'own/setup.py': 'from setuptools import *; setup(name="own", ext_modules=[Extension("own", ["own.c"])])',
        'own/own.c': '#include <no_such.h>\n',
      },
      // A builder may have no compiler.
      "(no_such\\.h|gcc' failed: there is no such program)",
      'system library',
    ],
  ])('the message of %s has the cause and fitting advice', async (_, files: Files, cause, advice) => {
    const { run } = await build({ ...files, 'app.py': '' });
    const message = run.failed?.results.failure ?? '';
    expect(message).toContain(advice);
    expect(message).toMatch(new RegExp(`ERROR: pip install failed: [^\\n]*${cause}`));
    if (advice !== 'system library') expect(message).not.toMatch(/compiler|library/);
  });
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
  ])('an editable package %s is found by the running program', async (_, requirement, packages, files: Files) => {
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
  });
});

describe('the version of Python', () => {
  test.each([
    ['.python-version', '2.6\n', '2.6'],
    ['runtime.txt', 'python-3.1.4', '3.1.4'],
    ['runtime.txt', Buffer.from('\ufeffpython-3.2\r\n', 'utf16le'), '3.2'],
    ['pyproject.toml', '[project]\nname = "x"\nversion = "1"\nrequires-python = "<3.1"\n', '<3.1'],
  ])('a warning has the version that %s asks for, and the one that the builder has', async (name, content, wanted) => {
    const { log } = await build({ [name]: content, 'requirements.txt': '', 'app.py': '' });
    const [, used] = /-----> Python (\S+)/.exec(log) ?? [];
    expect(log).toContain(`${name} asks for Python ${wanted}, and the builder has ${used}.`);
    expect(log.match(/Warning/g)).toHaveLength(1);
  });

  test('the version that the builder has needs no warning', async () => {
    const files = { 'requirements.txt': '', 'app.py': '', 'runtime.txt': 'python-3\n' };
    const { log } = await build({ ...files, 'pyproject.toml': project() });
    expect(log).not.toContain('Warning');
  });
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
});

describe('text in UTF-16', () => {
  const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
  test('a requirements.txt in UTF-16 is read', async () => {
    const { running } = await start({
      'requirements.txt': utf16('six==1.17.0\r\n'),
      'app.py': serving('six.__version__', 'import six'),
    });
    expect(await running.page()).toBe('1.17.0');
  });

  test.each(['pyproject.toml', 'app.py', 'manage.py', 'Pipfile.lock', 'uv.lock', 'setup.cfg'])(
    'a %s in UTF-16 is named',
    async (name) => {
      const { failure } = await build({ 'requirements.txt': '', [name]: utf16('x = 1\r\n') });
      expect(failure).toMatch(new RegExp(`ERROR: ${name} is UTF-16 text, .*\\nERROR: Save it as UTF-8\\.`));
    },
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
  });

  test('settings that do not load fail the build with the variable that leaves the files out', async () => {
    const files = django('raise KeyError("NO_SECRET")');
    expect((await build(files, { image: 'django' })).failure).toMatch(
      /NO_SECRET[\s\S]*ERROR: .*DISABLE_COLLECTSTATIC=1/,
    );
    const { failure, log } = await build(files, { variables: ['DISABLE_COLLECTSTATIC=1'] });
    expect([failure, log]).toEqual(['', expect.stringContaining('DISABLE_COLLECTSTATIC is set')]);
  });

  test('an application without django.contrib.staticfiles collects none', async () => {
    const { failure, log } = await build(django(settings.replace('"django.contrib.staticfiles"', '')));
    expect([failure, log]).toEqual(['', expect.stringContaining('no static files to collect')]);
  });
});
