import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../../..');
const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

/** Returns what the last command of a npm script prints with an option. @throws Error for an exit status that is not 0 */
const outputOf = async (name: string, option: string): Promise<string> => {
  const command = scripts[name]?.replace(/^.*&& /, '');
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
  const { stdout } = await promisify(execFile)('sh', ['-c', `${command} ${option}`], { cwd: root, env });
  return stdout;
};

// npm runs "prepare" itself. The other scripts belong to programs that have a help of their own.
const own = Object.keys(scripts).filter(
  (name) =>
    name !== 'prepare' &&
    /\b(node .*\b(local|scripts|test\/e2e|test\/load|bench)\/|deploy\.sh)/.test(scripts[name] ?? ''),
);

test.each(own)('npm run %s explains itself where --help is given, and does nothing else', async (name) => {
  const help = await outputOf(name, '--help');
  expect(help).toMatch(/^[A-Z`]/);
  expect(help).not.toMatch(/^ ?\*|\*\//m);
});

test.each([
  ['images', ['--registry', '--tag', '--tool', '--insecure', '--base-image', '--gateway-base-image']],
  [
    'images:builder',
    [
      '--lifecycle',
      '--registry',
      '--tag',
      '--tool',
      '--base-image',
      '--node-image',
      '--node-binary',
      '--from',
      '--run-image',
    ],
  ],
  ['image', ['--images', '--port', '--process', '--env']],
  ['check:network', ['--namespace']],
  ['generate', ['--check']],
])('the help of npm run %s names every option', async (name, options) => {
  const help = await outputOf(name, '--help');
  for (const option of options) expect(help).toContain(option);
});

test('-h is short for --help', async () => {
  expect(await outputOf('images', '-h')).toBe(await outputOf('images', '--help'));
});

test('deploy:test refuses an argument instead of deploying without it', async () => {
  await expect(outputOf('deploy:test', '--dry-run')).rejects.toMatchObject({ code: 2 });
});
