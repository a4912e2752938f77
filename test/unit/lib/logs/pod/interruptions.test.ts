import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createSecretFinder } from '../../../../../lib/logs/masking/secret-finder.ts';
import { readBuildLog } from '../../../../../lib/logs/pod/build-log.ts';
import { type BuildPodCluster, startBuildPodCluster, timeAt } from '../../../../support/kubernetes/build-pod.ts';
import { cutAfter, onLogStream, respondWith } from '../../../../support/kubernetes/faults.ts';
import { collect, common, createView, endOf, finished, finishedBuild, linesOf, notesOf, visible } from '../build.ts';

let fake: BuildPodCluster;
beforeEach(async () => {
  fake = await startBuildPodCluster();
});
afterEach(() => fake.close());

test('a pod that is deleted while its log is read ends the log as lost, with the reason', async () => {
  fake.setPod(['build']);
  fake.setState('build', 'running');
  fake.write('build', ['a']);
  const { view, set } = createView();
  const events = readBuildLog({ ...common(fake, view), follow: true });
  await events.next();
  expect(visible((await events.next()).value ?? [])).toMatchObject([{ text: 'a' }]);
  fake.removePod();
  set({ status: 'BUILD_CANCELLED' });
  expect(endOf(await collect(events))).toMatchObject({
    status: 'BUILD_CANCELLED',
    log: 'lost',
    reason: 'the pod was gone before its log was read to the end',
  });
});

test('a build that was cancelled in the queue has a complete, empty log', async () => {
  const { view, set } = createView();
  set({ status: 'BUILD_CANCELLED', finishedAt: timeAt(0) });
  const { build } = await view.read();
  delete build.startedAt;
  const events = await collect(readBuildLog({ ...common(fake, view), follow: true }));
  expect(events).toEqual([{ type: 'end', status: 'BUILD_CANCELLED', log: 'complete' }]);
});

test('a build whose containers never ran ends, though its pod still waits', async () => {
  fake.setPod(['build']);
  const { view } = createView({ status: 'BUILD_TIMEOUT' });
  const events = await collect(readBuildLog({ ...common(fake, view), follow: true }));
  expect(endOf(events)).toMatchObject({ status: 'BUILD_TIMEOUT', log: 'complete' });
});

/** Makes a pod whose containers run, while Tekton does not let the steps begin. */
const setWaitingPod = () => {
  fake.setPod(['clone', 'analyze', 'build']);
  fake.setReady(false);
  for (const step of ['clone', 'analyze', 'build']) fake.setState(step, 'running');
};

// Recorded from Tekton 1.15: a run that is cancelled while its pod is made leaves a pod whose steps never begin.
test.each([true, false])(
  'a build whose pod Tekton forgot has a complete, empty log, with follow %s',
  async (follow) => {
    setWaitingPod();
    const { view } = createView({ ...finished, status: 'BUILD_CANCELLED' });
    const events = await collect(readBuildLog({ ...common(fake, view), follow }));
    expect(visible(events)).toEqual([{ type: 'end', status: 'BUILD_CANCELLED', log: 'complete' }]);
  },
);

test('readBuildLog requests no log before Tekton lets the steps begin', async () => {
  setWaitingPod();
  const { view, set } = createView();
  const events = readBuildLog({ ...common(fake, view), follow: true });
  await events.next();
  expect(notesOf((await events.next()).value ?? [])).toEqual(['waiting: the containers are being created']);
  expect(fake.logRequests()).toEqual([]);
  fake.setReady(true);
  fake.write('build', ['a']);
  for (const step of ['clone', 'analyze', 'build']) fake.setState(step, 'terminated');
  set(finished);
  expect(linesOf(await collect(events))).toMatchObject([{ text: 'a' }]);
});

test('readBuildLog reads one step only, if step is set', async () => {
  const { view } = finishedBuild(fake);
  const events = await collect(readBuildLog({ ...common(fake, view), follow: false, step: 'clone' }));
  expect(visible(events)).toMatchObject([{ type: 'line', text: 'cloned' }, { type: 'end' }]);
});

test('readBuildLog refuses a cursor of a step that the build lacks', async () => {
  const { view } = finishedBuild(fake);
  const from = { step: 'other', line: 0, seconds: 1, fraction: '', sameTimeBefore: 0 };
  await expect(collect(readBuildLog({ ...common(fake, view), follow: false, from }))).rejects.toMatchObject({
    code: 'cursor_invalid',
  });
});

test('an API server that stays away ends the log with 503 log_unavailable', async () => {
  const { view } = finishedBuild(fake);
  const events = readBuildLog({ ...common(fake, view), follow: true });
  await events.next();
  fake.failAll(respondWith(500));
  await expect(collect(events)).rejects.toMatchObject({ status: 503, code: 'log_unavailable' });
});

test('a broken stream from an API server that comes back changes nothing in the log', async () => {
  fake.setPod(['build']);
  fake.setState('build', 'running');
  fake.write('build', ['a', 'b']);
  const { view, set } = createView();
  fake.faults.push(onLogStream(cutAfter(40)));
  const all = collect(readBuildLog({ ...common(fake, view), follow: true }));
  await fake.untilFollowCount(1);
  fake.setState('build', 'terminated');
  set(finished);
  const events = await all;
  expect(linesOf(events).map(({ text }) => text)).toEqual(['a', 'b']);
  expect(endOf(events)).toMatchObject({ log: 'complete' });
});

test('a reader that leaves closes the stream from the kubelet', async () => {
  fake.setPod(['build']);
  fake.setState('build', 'running');
  fake.write('build', ['a']);
  const { view } = createView();
  const events = readBuildLog({ ...common(fake, view), follow: true });
  await events.next();
  await events.next();
  expect(fake.followCount()).toBe(1);
  await events.return();
  await fake.untilFollowCount(0);
});

test('known values and recognised secrets never appear, however the bytes are cut', async () => {
  const secret = 'correct-horse-battery';
  const token = `ghp_${'aB3'.repeat(12)}`;
  const lines = [`password is ${secret}!`, `x ${token} y`, `long ${'-'.repeat(65_525)}${token} end`];
  const parts = await startBuildPodCluster({ partBytes: 7919 });
  try {
    parts.setPod(['build']);
    parts.setState('build', 'terminated');
    parts.write('build', lines);
    const { view } = createView(finished);
    const events = await collect(
      readBuildLog({ ...common(parts, view), findSecrets: createSecretFinder([secret]), follow: false }),
    );
    const shown = JSON.stringify(events);
    for (const part of [secret, token, 'aB3aB3']) expect(shown.includes(part)).toBe(false);
    expect(linesOf(events).map(({ more }) => more)).toEqual([undefined, undefined, true, undefined]);
  } finally {
    await parts.close();
  }
});

test("secrets among a build's envvars are masked by value, also without their names and in other encodings", async () => {
  const envvars = {
    DB_PASSWORD: 'sunshine/42',
    DATABASE_URL: 'postgres://tool:Tr0ub4dor-9@db/app',
    NODE_ENV: 'production',
  };
  const lines = [
    'connecting with sunshine/42',
    `as ${Buffer.from('tool:sunshine/42').toString('base64')}`,
    'GET /?q=sunshine%2F42',
    'the driver uses Tr0ub4dor-9 now',
    'building for production',
  ];
  const { view, set } = finishedBuild(fake, lines);
  set({ parameters: { source_url: 'https://example.org/r.git', envvars } });
  const events = await collect(readBuildLog({ ...common(fake, view), follow: false, step: 'build' }));
  const texts = linesOf(events).map(({ text }) => text);
  expect(texts.join('\n')).not.toMatch(/sunshine|Tr0ub4|c3Vuc2hpbm|N1bnNoaW5l|zdW5zaGluZ/);
  expect(texts.at(-1)).toBe('building for production');
});

test("the kubelet's own messages are notes, and a log that the kubelet no longer has is lost", async () => {
  fake.setPod(['build']);
  fake.setState('build', 'terminated');
  fake.write('build', ['to retrieve container logs for containerd://1'], ['unable']);
  const { view } = createView(finished);
  const events = await collect(readBuildLog({ ...common(fake, view), follow: false }));
  expect(notesOf(events)).toEqual(['the kubelet says: unable to retrieve container logs for containerd://1']);
  expect(endOf(events)).toMatchObject({ log: 'lost' });
});
