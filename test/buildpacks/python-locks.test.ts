import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Files, useAppBuilds } from '../support/app-builds.ts';
import { project, serving, setuptools } from '../support/python-project.ts';

const { build, start, builtTwice } = useAppBuilds();
const fixtures = join(import.meta.dirname, '../fixtures/python');
const lock = (name: string) => readFile(join(fixtures, name), 'utf8');
const wheel = 'dep-1.0.0-py3-none-any.whl';
const dep = (more: string) => ({
  'libs/dep/src/dep/__init__.py': 'word = "dep"\n',
  'libs/dep/pyproject.toml': `[project]\nname = "dep"\nversion = "1.0.0"\n${more}`,
});
const poetry = '[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n';
const uvBuild = '[build-system]\nrequires = ["uv_build"]\nbuild-backend = "uv_build"\n';

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
  });

  test('poetry.lock is installed by Poetry, and an application that is no package is named', async () => {
    const { log, page } = await builtTwice(await poetryFiles(''), 'poetry');
    expect(log).toMatch(/Warning: pyproject\.toml describes an application.*package-mode = false/);
    expect(page).toBe('dep');
  });

  test('a project of Poetry with package-mode = false is built without a warning', async () => {
    const files = await poetryFiles('[tool.poetry]\npackage-mode = false\n');
    const { log, running } = await start(files, { image: 'poetry' });
    expect(log).not.toContain('describes an application');
    expect(await running.page()).toBe('dep');
  });

  test('pdm.lock is installed by PDM', async () => {
    const text = `${project('dependencies = ["six==1.17.0"]\n')}\n[tool.pdm]\ndistribution = false\n`;
    const files = { 'pyproject.toml': text, 'pdm.lock': await lock('pdm.lock') };
    const { log, page } = await builtTwice({ ...files, 'app.py': serving('six.__version__', 'import six') }, 'pdm');
    expect(log).toContain('pdm sync --prod');
    expect(page).toBe('1.17.0');
  });

  test('a lock file that does not fit its project fails with the command that makes it fit', async () => {
    const text = uvProject.replace('"dep"', '"dep", "six"');
    const files = { ...dep(uvBuild), 'pyproject.toml': text, 'uv.lock': await lock('uv.lock'), 'app.py': '' };
    expect((await build(files, { image: 'uv' })).failure).toMatch(/ERROR: uv sync failed[\s\S]*run "uv lock"/);
  });

  test('a lock file beside requirements.txt is named in a warning', async () => {
    const { log } = await build({ 'requirements.txt': '', 'uv.lock': await lock('uv.lock'), 'app.py': '' });
    expect(log).toContain('Warning: uv.lock is not used, because there is a requirements.txt too.');
  });
});

describe('a package in git', () => {
  const git = async () => (await build({ ...dep(setuptools), Procfile: 'x: y' })).url;
  const app = { 'app.py': serving('dep.word', 'import dep') };

  test('Pipfile.lock installs it, and a package of the repository', async () => {
    const locked = {
      dep: { git: await git(), ref: 'main', subdirectory: 'libs/dep' },
      own: { path: './own', editable: true },
    };
    const files = {
      ...{ ...app, 'Pipfile.lock': JSON.stringify({ default: locked }) },
      'own/pyproject.toml': project(setuptools),
      'own/own.py': '',
    };
    expect((await builtTwice(files, 'pipfile')).page).toBe('dep');
  });

  test.each(['', '-e '])('requirements.txt installs it with the option "%s"', async (option) => {
    const line = `${option}git+${await git()}@main#egg=dep&subdirectory=libs/dep\n`;
    expect((await builtTwice({ ...app, 'requirements.txt': line }, 'git')).page).toBe('dep');
  });
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
  ])('a project with %s installs its dependencies and runs', async (_, files: Files, backend) => {
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
  });

  test.each([
    [
      'of Poetry without a lock file',
      `[tool.poetry]\nname = "x"\nversion = "1"\npackage-mode = false\n[tool.poetry.dependencies]\nsix = "*"\n${poetry}`,
    ],
    [
      'with dependencies that only its backend knows',
      `[project]\nname = "x"\nversion = "1"\ndynamic = ["dependencies"]\n${setuptools}`,
    ],
  ])('an application %s fails, because its dependencies are not known', async (_, text) => {
    const files = { 'pyproject.toml': text, 'app.py': '', 'one/a.py': '', 'two/a.py': '' };
    expect((await build(files)).failure).toMatch(/ERROR: The project is an application.*\n.*lock file of Poetry/);
  });

  test('a package that does not build fails', async () => {
    const files = { 'pyproject.toml': project(`dependencies = ["no such"]\n${setuptools}`), 'app.py': '' };
    expect((await build(files)).failure).toContain('ERROR: pip install failed');
  });
});
