import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeScene } from '../../endings/scene.ts';
import { runTrial, type Trial } from '../../endings/trial.ts';

/** A few trials of the kill table, which `npm run test:endings` runs as a whole. */
const trials: [string, Omit<Trial, 'againMs'>][] = [
  ['the first moment', { command: 'start', way: 'SIGINT', momentMs: 900, isNpm: true, isGroup: true }],
  ['a running build', { command: 'start', way: 'SIGHUP', momentMs: 5000, isNpm: true, isGroup: true }],
  ['the build of the demo', { command: 'demo', way: 'SIGINT twice', momentMs: 4000, isNpm: true, isGroup: true }],
  ['a running image', { command: 'image', way: 'SIGTERM', momentMs: 2000, isNpm: false, isGroup: false }],
  ['a running image', { command: 'image', way: 'SIGKILL', momentMs: 2000, isNpm: false, isGroup: true }],
];

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
