import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyChanges, type EnvironmentChange, layerChanges } from '../../../../embedded/lifecycle/environment.ts';
import { toImagePaths } from '../../../../embedded/lifecycle/image-paths.ts';
import { launcherScript, processScript, shellWord } from '../../../../embedded/lifecycle/launcher.ts';
import { runProgram, temporaryFolder } from './pipeline-run.ts';

let root: string;

beforeEach(async () => {
  root = await temporaryFolder();
  for (const folder of ['cnb/process', 'cnb/lifecycle', 'workspace/sub', 'layers']) {
    await mkdir(join(root, folder), { recursive: true });
  }
});
afterEach(() => rm(root, { recursive: true, force: true }));

const start = async (script: string, ...words: string[]): Promise<unknown> => {
  const file = join(root, 'cnb/process/web');
  await writeFile(file, script);
  await chmod(file, 0o755);
  const { output } = await runProgram([file, ...words]);
  return JSON.parse(output);
};

const report =
  'console.log(JSON.stringify({ cwd: process.cwd(), words: process.argv.slice(1), env: process.env.VALUE }))';
const node = [process.execPath, '-e', report, '--'];

test("a process script starts in the application's folder with unchanged arguments", async () => {
  const words = ['a b', "it's", '$HOME', '`id`', '', '"', '\\', 'new\nline', '*'];
  const answer = await start(processScript({ type: 'web', command: [...node, ...words] }, []));
  expect(answer).toEqual({ cwd: join(root, 'workspace'), words });
});

test("a process script finds the image's folders below any root", async () => {
  const words = ['/layers/x/y', '--dir=/workspace', '/layers-not', '/usr/layers', 'a:/workspace/b:/layers', '/cnb'];
  const process = { type: 'web', command: node, args: words, 'working-dir': 'sub' };
  expect(await start(processScript(process, []))).toEqual({
    cwd: join(root, 'workspace/sub'),
    words: [
      `${root}/layers/x/y`,
      `--dir=${root}/workspace`,
      '/layers-not',
      '/usr/layers',
      `a:${root}/workspace/b:${root}/layers`,
      `${root}/cnb`,
    ],
  });
});

test('arguments of a process script replace the default arguments', async () => {
  const script = processScript({ type: 'web', command: node, args: ['default'] }, []);
  expect(await start(script, 'given')).toMatchObject({ words: ['given'] });
});

test('a process that is named like its program starts the program, and not itself', async () => {
  const program = join(root, 'bin');
  await mkdir(program);
  await writeFile(join(program, 'web'), `#!/bin/sh\nexec '${process.execPath}' -e '${report}' -- "$PATH"\n`, {
    mode: 0o755,
  });
  const own = `${root}/cnb/process`;
  const file = join(own, 'web');
  await writeFile(file, processScript({ type: 'web', command: ['web'] }, []), { mode: 0o755 });
  const path = `${own}:${own}:${root}/cnb/lifecycle:${program}::/bin:${own}`;
  const { output } = await runProgram(['env', `PATH=${path}`, file]);
  expect(JSON.parse(output)).toMatchObject({ words: [`${program}::/bin`] });
});

test('the launcher script runs any command', async () => {
  const change: EnvironmentChange = { name: 'VALUE', action: 'override', value: 'of a layer', delimiter: '' };
  expect(await start(launcherScript([change]), ...node, 'one')).toMatchObject({ words: ['one'], env: 'of a layer' });
});

test("property: the launcher's shell applies changes of the environment as the builder does", async () => {
  const change = fc.record({
    name: fc.constant('VALUE'),
    action: fc.constantFrom<EnvironmentChange['action']>('override', 'default', 'append', 'prepend'),
    value: fc.string({ unit: fc.constantFrom('a', ' ', "'", '"', '$', '\\', ':') }),
    delimiter: fc.constantFrom('', ':', "'", '$('),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 5 }), async (changes) => {
      const answer = (await start(processScript({ type: 'web', command: node }, changes))) as { env?: string };
      expect(answer.env ?? '').toBe(applyChanges({}, changes).VALUE ?? '');
    }),
    { numRuns: 25 },
  );
}, 60_000);

test("layerChanges reads a layer's changes from its folders and files", async () => {
  const layer = join(root, 'layers/x');
  for (const folder of ['bin', 'lib', 'env', 'env.launch/web', 'env.build']) {
    await mkdir(join(layer, folder), { recursive: true });
  }
  const files = { 'env/A.append': '1', 'env/A.delim': ';', 'env/B': '2', 'env.launch/C.default': '3' };
  const more = { 'env.launch/web/D': '4', 'env.build/E.prepend': '5', 'env/not-a-name': '6', 'env/F.unknown': '7' };
  for (const [name, text] of Object.entries({ ...files, ...more })) await writeFile(join(layer, name), text);
  const brief = (changes: EnvironmentChange[]) => changes.map(({ name, action }) => `${name} ${action}`);
  const paths = ['PATH prepend', 'LD_LIBRARY_PATH prepend'];
  const common = ['A append', 'B override'];
  expect(brief(await layerChanges(layer, 'launch'))).toEqual([...paths, ...common, 'C default']);
  const build = await layerChanges(layer, 'build');
  expect(brief(build)).toEqual([...paths, 'LIBRARY_PATH prepend', ...common, 'E prepend']);
  expect(brief(await layerChanges(layer, 'launch', 'web'))).toEqual(['D override']);
  expect(applyChanges({ A: '0' }, build).A).toBe('0;1');
});

test("toImagePaths replaces the build's folders and no other paths", () => {
  const folders = { app: '/tmp/run/source', layers: '/tmp/run/layers' };
  const text = '/tmp/run/layers/a:/tmp/run/source /tmp/run/source2 /tmp/run/layers.toml "/tmp/run/source".';
  expect(toImagePaths(text, folders)).toBe('/layers/a:/workspace /tmp/run/source2 /tmp/run/layers.toml "/workspace".');
});

test('shellWord only quotes a word without an image folder', () => {
  expect(shellWord("it's")).toBe("'it'\\''s'");
  expect(shellWord('')).toBe("''");
});
