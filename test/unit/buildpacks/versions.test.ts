import { describe, expect, test } from '@jest/globals';
import { runPython, versionWarning } from '../../support/buildpacks.ts';
import * as node from '../../support/node-project.ts';

const manifest = (fields: object = {}) => ({ 'package.json': node.manifest(fields) });
const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');

describe('the version of Node.js', () => {
  test.each([
    ['engines.node of package.json', manifest({ engines: { node: '^4.2 || 6.x' } }), '^4.2 || 6.x'],
    ['.nvmrc', { ...manifest(), '.nvmrc': 'v8.1\n' }, '8.1'],
    ['.nvmrc', { ...manifest(), '.nvmrc': 'lts/hydrogen' }, '18'],
    ['.node-version', { ...manifest(), '.node-version': utf16('9.0.0\r\n') }, '9.0.0'],
  ])('that %s asks for, and the builder lacks, is in a warning with the one that it has', (file, files, wanted) => {
    const warning = versionWarning(files, 'node', '24.1.2');
    expect(warning).toMatch(/^Warning: .*\n$/);
    expect(warning).toContain(`${file} asks for Node.js ${wanted}, and the builder has 24.1.2.`);
  });

  test.each([
    ['a range', manifest({ engines: { node: '>=18 <100' } })],
    ['another part of engines', manifest({ engines: { npm: '1' } })],
    ['lts/*', { ...manifest(), '.nvmrc': 'lts/*' }],
    ['node', { ...manifest(), '.nvmrc': 'node' }],
    ['a range beside .nvmrc', { ...manifest({ engines: { node: '24' } }), '.nvmrc': '18' }],
    ['no text', manifest({ engines: { node: 18 } })],
  ])('needs no warning where the project asks for %s', (_, files) => {
    expect(versionWarning(files, 'node', '24.1.2')).toBe('');
  });

  test('that is no version gets a warning with an example', () => {
    expect(versionWarning(manifest({ engines: { node: 'new"est\n' } }), 'node', '24.1.2')).toBe(
      'Warning: engines.node of package.json asks for Node.js "new\\"est", which is no version. Write for example: 24\n',
    );
  });
});

test('a warning has the version of a package manager that engines asks for, and the one of the build', () => {
  const files = manifest({ engines: { node: '1', npm: '6.x' } });
  expect(versionWarning(files, 'npm', '11.2.0')).toMatch(
    /^Warning: engines\.npm of package\.json asks for npm 6\.x, and the builder has 11\.2\.0\. .*packageManager.*\n$/,
  );
  expect(versionWarning(files, 'npm', '6.1.0')).toBe('');
});

describe('the version of Python', () => {
  const pyproject = (range: string) => `[project]\nname = "x"\nversion = "1"\nrequires-python = "${range}"\n`;
  test.each([
    ['.python-version', { '.python-version': '2.6\n' }, '2.6'],
    ['runtime.txt', { 'runtime.txt': 'python-3.1.4' }, '3.1.4'],
    ['runtime.txt', { 'runtime.txt': utf16('python-3.2\r\n') }, '3.2'],
    ['.python-version', { '.python-version': '# own\n\n3.3 # old\n', 'runtime.txt': 'python-3.2' }, '3.3'],
    ['requires-python of pyproject.toml', { 'pyproject.toml': pyproject('<3.1') }, '<3.1'],
    ['Pipfile.lock', { 'Pipfile.lock': '{"_meta":{"requires":{"python_version":"3.4"}}}' }, '3.4'],
  ])('that %s asks for, and the builder lacks, is in a warning with the one that it has', (file, files, wanted) => {
    const { output, errors } = runPython(files, 'version.py');
    expect(output).toBe('python3');
    expect(errors).toMatch(/^Warning: .* and the builder has 3\.\d+\.\d+\S*\. .*\n$/);
    expect(errors).toContain(`${file} asks for Python ${wanted}, `);
  });

  test.each([
    ['nothing', {}],
    ['its first number', { 'runtime.txt': 'python-3\n' }],
    ['a range', { 'pyproject.toml': pyproject('>=3.1') }],
    ['no text', { 'pyproject.toml': '[project]\nrequires-python = 3\n', 'Pipfile.lock': '[]' }],
  ])('needs no warning where the project asks for %s', (_, files) => {
    expect(runPython(files, 'version.py')).toEqual({ output: 'python3', errors: '' });
  });

  test('that is no version gets a warning with an example', () => {
    const { errors } = runPython({ '.python-version': 'newest\n' }, 'version.py');
    expect(errors).toBe('Warning: "newest" in .python-version is no version of Python. Write for example: 3.11\n');
  });
});
