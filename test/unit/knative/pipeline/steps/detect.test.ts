import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runProgram } from '../../../embedded/lifecycle/pipeline-run.ts';

const script = join(import.meta.dirname, '../../../../../knative/charts/builds-builder/files/steps/detect.sh');
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'detect-'));
  for (const name of ['platform', 'home', 'app', 'cnb/lifecycle']) await mkdir(join(folder, name), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs detect.sh, with a folder of this machine in the place of /cnb, whose detector is a shell script. */
const detect = async (detector: string, buildpacks: string[] = []) => {
  await writeFile(join(folder, 'cnb/lifecycle/detector'), `#!/bin/sh\n${detector}\n`, { mode: 0o755 });
  for (const name of buildpacks) await mkdir(join(folder, 'cnb/buildpacks', name), { recursive: true });
  const copy = join(folder, 'detect.sh');
  await writeFile(copy, (await readFile(script, 'utf8')).replaceAll('/cnb/', join(folder, 'cnb/')));
  const variables = { CNB_APP_DIR: 'app', CNB_PLATFORM_DIR: 'platform', HOME: 'home' };
  const words = Object.entries(variables).map(([name, path]) => `${name}=${join(folder, path)}`);
  return runProgram(['env', ...words, 'bash', copy, 'a'.repeat(40), 'false', 'false', '--']);
};

test.each([
  [
    ['toolforge_node', 'toolforge_static', 'toolforge_start', 'toolforge_other'],
    ['package.json, for Node.js', 'index.html, also in public or dist', 'Procfile, for anything else'],
  ],
  [
    ['heroku_nodejs', 'heroku_go', 'heroku_procfile', 'toolforge_procfile'],
    ['go.mod, for Go', 'package.json, for Node.js'],
  ],
])('a repository that no buildpack of %j recognises is told what these buildpacks need', async (buildpacks, needed) => {
  const { exitCode, output } = await detect('exit 20', buildpacks);
  expect(exitCode).toBe(20);
  const [title, ...lines] = output.trimEnd().split('\n');
  expect(title).toBe('[detector] ERROR: No buildpack recognises this repository. In its root it needs one of:');
  expect(lines).toEqual(needed.map((files) => expect.stringContaining(`[detector] ERROR: - ${files}`)));
});

test('nothing is promised of buildpacks that are not known', async () => {
  expect(await detect('exit 20', ['example_perl'])).toEqual({
    exitCode: 20,
    output: '[detector] ERROR: No buildpack recognises this repository.\n',
  });
});

test.each([0, 21])('the exit code %i of the detector is passed on without advice', async (exitCode) => {
  expect(await detect(`exit ${exitCode}`, ['heroku_go'])).toEqual({ exitCode, output: '' });
});

test("git of buildpacks trusts the application's folder, whoever owns it", async () => {
  const { output } = await detect('git config --get safe.directory');
  expect(output).toBe(`${join(folder, 'app')}\n`);
});
