import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeScene } from '../../endings/scene.ts';
import { runTrial, type Trial } from '../../endings/trial.ts';
import { startProcess } from '../cli/support.ts';

/** A few trials of the kill table, which `npm run test:endings` runs as a whole, at random moments. */
const trials: [string, Omit<Trial, 'againMs'>][] = [
  ['the first moment', { command: 'start', way: 'SIGINT', moment: 'folder', isNpm: true, isGroup: true }],
  ['a running build', { command: 'start', way: 'SIGHUP', moment: 'build', isNpm: true, isGroup: true }],
  ['the build of the demo', { command: 'demo', way: 'SIGINT twice', moment: 'build', isNpm: true, isGroup: true }],
  ['a running image', { command: 'image', way: 'SIGTERM', moment: 'ready', isNpm: false, isGroup: false }],
  ['a running image', { command: 'image', way: 'SIGKILL', moment: 'ready', isNpm: false, isGroup: true }],
];

describe('the end of a command', () => {
  let scene: Awaited<ReturnType<typeof makeScene>>;
  beforeAll(async () => {
    scene = await makeScene();
  }, 120_000);
  afterAll(() => scene?.close());

  test('no process, port, lock or file is left when a command ends, in whatever way', async () => {
    const left = await Promise.all(trials.map(([, trial]) => runTrial(scene, { ...trial, againMs: 800 })));
    expect(trials.map(([moment, { command, way }], at) => ({ moment, command, way, left: left[at] }))).toEqual(
      trials.map(([moment, { command, way }]) => ({ moment, command, way, left: [] })),
    );
  }, 120_000);
});

describe('a command that fails', () => {
  const module = JSON.stringify(join(import.meta.dirname, '../../../local/lifetime.ts'));
  const run = async (work: string) => {
    const script = `const { runCommand } = await import(${module}); await runCommand(async () => { ${work} }, { interruptedCode: 0 });`;
    const place = await mkdtemp(join(tmpdir(), 'failing-'));
    const { finished } = startProcess(process.execPath, ['--input-type=module', '-e', script], { TMPDIR: place });
    return finished.finally(() => rm(place, { recursive: true }));
  };

  test('prints the sentence of an error for the user', async () => {
    expect(await run("throw new Error('The port is in use.')")).toMatchObject({
      code: 1,
      stderr: 'The port is in use.\n',
    });
    const { code, stderr } = await run("(await import('node:util')).parseArgs({ args: ['--wrong'] })");
    expect({ code, lines: stderr.trim().split('\n') }).toEqual({
      code: 1,
      lines: [expect.stringContaining('--wrong')],
    });
  });

  test('prints the stack of an error that is a defect', async () => {
    const { code, stderr } = await run('JSON.parse("{")');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/\n {4}at JSON\.parse/) });
  });
});
