import { expect, test } from '@jest/globals';
import { BuildProgress } from '../../../cli/build-progress.ts';
import { responses } from './support.ts';

const start = Date.parse('2026-11-22T08:00:00Z');

/** Makes the progress of a build that was started at 08:00:00, with a clock that the test moves. */
const begin = () => {
  let now = start;
  const progress = new BuildProgress(() => now);
  const at = (seconds: number): void => {
    now = start + seconds * 1000;
  };
  const line = (seconds: number, step: string, text = '') => {
    at(seconds);
    progress.addLine({ step, time: new Date(now).toISOString() }, text);
  };
  return { progress, at, line };
};

test('the status line shows what the build waits for, and for how long', () => {
  const { progress, at } = begin();
  at(3);
  expect(progress.text()).toBe('Waiting for the log, 0:03');
  progress.addNote('waiting: position 2 in the queue');
  at(65);
  expect(progress.text()).toBe('waiting: position 2 in the queue, 1:05');
});

test('the status line shows the step with its time, the time of the build, and for how long nothing was printed', () => {
  const { progress, at, line } = begin();
  line(5, 'step-clone');
  line(8, 'step-build');
  at(10);
  expect(progress.text()).toBe('Step build 0:02, build 0:10');
  at(70);
  expect(progress.text()).toBe('Step build 1:02, build 1:10, quiet for 1 min 2 s');
});

test('the status line shows the state of an unfinished line until the next event', () => {
  const { progress, at, line } = begin();
  line(5, 'build');
  progress.addPartial('[step-build] 20%');
  at(9);
  expect(progress.text()).toBe('0:09 [step-build] 20%');
  line(10, 'build');
  expect(progress.text()).toBe('Step build 0:05, build 0:10');
});

test('the status line estimates the rest from builds of the same repository', () => {
  const { progress, at, line } = begin();
  line(0, 'build');
  const [ended] = responses.builds.slice(2);
  progress.addBuilds(responses.builds, ended?.build_id ?? '');
  at(30);
  line(30, 'build');
  expect(progress.text()).toBe('Step build 0:30, build 0:30, about 5 min left');
  line(340, 'build');
  expect(progress.text()).toBe('Step build 5:40, build 5:40, usually 5 min 30 s');
});

test('each step took the time from its first line to the first line of the next step', () => {
  const { progress, line } = begin();
  expect(progress.stepTimes()).toBe('');
  line(0, 'clone');
  line(2, 'clone');
  line(3, 'detect');
  line(3.2, 'build');
  line(70, 'build');
  expect(progress.stepTimes(start + 75_000)).toBe('clone 3 s, detect <1 s, build 1 min 11 s');
  expect(progress.stepTimes()).toBe('clone 3 s, detect <1 s, build 1 min 6 s');
});

test('the times of an older log are those of its lines, and a clock that runs ahead makes no negative time', () => {
  const { progress, at } = begin();
  progress.addLine({ step: 'build', time: '2026-11-22T07:45:00Z' }, '');
  at(0);
  expect(progress.text()).toBe('Step build 15:00, build 15:00, quiet for 15 min');
  progress.addLine({ step: 'export', time: '2026-11-22T09:00:00Z' }, '');
  expect(progress.text()).toBe('Step export 0:00, build 15:00');
  progress.addLine({ step: 'broken', time: 'no time' }, '');
  expect(progress.text()).toBe('Step broken 0:00, build 15:00');
});

test.each([-590, -60, -6, 6, 60, 3600])(
  'silence is measured by one clock when that of the build is %i s off',
  (off) => {
    const { progress, at } = begin();
    for (const second of [1, 2]) {
      at(second);
      progress.addLine({ step: 'build', time: new Date(start + (second + off) * 1000).toISOString() }, '');
    }
    at(6);
    expect(progress.text()).not.toContain('quiet');
    at(8);
    expect(progress.text()).toMatch(/, quiet for 6 s$/);
  },
);

test('a log with very many steps shows the first hundred of them', () => {
  const { progress, line } = begin();
  progress.addBuilds(responses.builds, responses.builds[2]?.build_id ?? '');
  for (let step = 1; step <= 200_000; step += 1) line(1, `step-${step}`);
  expect(progress.text()).toMatch(/^Step 100 0:00, build 0:01, about /);
  expect(progress.stepTimes().split(', ')).toHaveLength(100);
});

test('a hostile name of a step is shown with visible control characters', () => {
  const { progress, line } = begin();
  line(1, 'step-\u001b[2J\u202e');
  expect(progress.text()).toBe('Step ␛[2J\\u202e 0:00, build 0:01');
  expect(progress.stepTimes()).toBe('␛[2J\\u202e <1 s');
});

test('an excerpt was shown when the last lines of the log hold all its lines', () => {
  const { progress, line } = begin();
  for (const text of ['one', '  two', 'three']) line(1, 'build', text);
  expect(progress.hasShown(['two', 'three'])).toBe(true);
  expect(progress.hasShown([])).toBe(true);
  expect(progress.hasShown(['two', 'four'])).toBe(false);
  for (let count = 0; count < 100; count += 1) line(2, 'build', 'more');
  expect(progress.hasShown(['two'])).toBe(false);
});
