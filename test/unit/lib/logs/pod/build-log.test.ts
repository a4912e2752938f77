import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseCursor } from '../../../../../lib/logs/cursor.ts';
import { readBuildLog } from '../../../../../lib/logs/pod/build-log.ts';
import { type BuildPodCluster, startBuildPodCluster, timeAt } from '../../../../support/kubernetes/build-pod.ts';
import { cutAfter, endAfter, onLogStream } from '../../../../support/kubernetes/faults.ts';
import { collect, common, createView, endOf, finished, finishedBuild, linesOf, notesOf, visible } from '../build.ts';

let fake: BuildPodCluster;
beforeEach(async () => {
  fake = await startBuildPodCluster();
});
afterEach(() => fake.close());

test('the log of a finished build has the allowed steps in order, the others as their result, then the end', async () => {
  const { view } = finishedBuild(fake);
  const events = await collect(readBuildLog({ ...common(fake, view), follow: false }));
  expect(linesOf(events).map(({ step, line, text }) => [step, line, text])).toEqual([
    ['clone', 0, 'cloned'],
    ['build', 0, 'one'],
    ['build', 1, 'two'],
    ['build', 2, 'three'],
  ]);
  expect(notesOf(events)).toEqual(['step export succeeded']);
  expect(events.at(-1)).toEqual({
    type: 'end',
    status: 'BUILD_SUCCESS',
    log: 'complete',
    cursor: linesOf(events).at(-1)?.cursor,
  });
  expect(fake.logRequests().map(({ container }) => container)).not.toContain('step-export');
  expect(fake.requestCount('watch')).toBe(0);
});

test('the pod of another tool is never read, although it has the id of the build', async () => {
  const { view } = finishedBuild(fake);
  fake.setPod(['build'], 'other');
  fake.setState('build', 'terminated');
  fake.write('build', ['line of another tool']);
  const events = await collect(readBuildLog({ ...common(fake, view), follow: true }));
  expect(linesOf(events)).toEqual([]);
  expect(fake.logRequests()).toEqual([]);
});

test('a failed step whose log is not shown gives a note how it failed', async () => {
  const { view } = finishedBuild(fake);
  fake.setState('export', 'terminated', 3);
  const events = await collect(readBuildLog({ ...common(fake, view), follow: false }));
  expect(notesOf(events)).toEqual(['step export failed with exit code 3']);
});

test('a live reader waits for the result of a step whose log is not shown', async () => {
  fake.setPod(['clone', 'analyze', 'build']);
  fake.setState('clone', 'terminated');
  for (const step of ['analyze', 'build']) fake.setState(step, 'running');
  fake.write('analyze', ['SECRET']);
  const { view, set } = createView();
  const events = readBuildLog({ ...common(fake, view), follow: true });
  await events.next();
  expect((await events.next()).value).toEqual([{ type: 'done', step: 'clone' }]);
  const next = events.next();
  fake.setState('analyze', 'terminated', 137);
  expect((await next).value).toMatchObject([{ text: 'step analyze failed with exit code 137' }]);
  fake.setState('build', 'terminated');
  set(finished);
  expect(endOf(await collect(events))).toMatchObject({ log: 'complete' });
  expect(fake.logRequests().map(({ container }) => container)).not.toContain('step-analyze');
});

test('property: a first request of any size leaves the log the same', async () => {
  const { view } = finishedBuild(fake, ['one']);
  fake.write('clone', ['two', 'a long one '.repeat(20), 'four']);
  const read = (firstRequestBytes?: number) =>
    collect(
      readBuildLog({
        ...common(fake, view),
        follow: true,
        ...(firstRequestBytes === undefined ? {} : { firstRequestBytes }),
      }),
    );
  const whole = await read();
  const size = fake.raw('clone').length;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: size + 50 }), async (firstRequestBytes) => {
      fake.requests.length = 0;
      expect(visible(await read(firstRequestBytes))).toEqual(visible(whole));
      const limits = fake.logRequests().map(({ query }) => query.get('limitBytes'));
      expect(limits.findLastIndex((limit) => limit !== null)).toBe(0);
      const clones = fake
        .logRequests()
        .filter(({ container, query }) => container === 'step-clone' && !query.has('tailLines'));
      expect(clones.length).toBe(firstRequestBytes > size ? 1 : 2);
    }),
  );
});

test('the first request has no limit if the step still runs, as its log may be rotated before the second request', async () => {
  fake.setPod(['clone']);
  fake.setState('clone', 'running');
  fake.write('clone', ['one', 'two']);
  const { view } = createView();
  const events = readBuildLog({ ...common(fake, view), follow: true, firstRequestBytes: 10 });
  for (let seen = 0; seen < 2; ) seen += linesOf((await events.next()).value ?? []).length;
  expect(fake.logRequests().map(({ query }) => query.get('limitBytes'))).toEqual([null]);
  await events.return();
});

test('without follow the log of a running build ends as live', async () => {
  fake.setPod(['clone', 'build']);
  fake.setState('clone', 'running');
  fake.write('clone', ['a']);
  const { view } = createView();
  const events = await collect(readBuildLog({ ...common(fake, view), follow: false }));
  expect(linesOf(events).map(({ text }) => text)).toEqual(['a']);
  expect(endOf(events)).toMatchObject({ status: 'BUILD_RUNNING', log: 'live' });
});

test('a live reader gets notes why the build waits, then each line as it comes', async () => {
  const { view, set } = createView({ status: 'BUILD_PENDING' }, { queuePosition: 2 });
  const events = readBuildLog({ ...common(fake, view), follow: true });
  const seen: string[] = [];
  const until = async (wanted: string) => {
    while (!seen.includes(wanted)) {
      const { value, done } = await events.next();
      if (done) throw new Error(`ended before ${wanted}: ${seen.join('|')}`);
      for (const event of value) if (event.type === 'note' || event.type === 'line') seen.push(event.text);
    }
  };
  await until('waiting: position 2 in the queue');
  set({}, { queuePosition: 1 });
  await until('waiting: position 1 in the queue');
  set({ status: 'BUILD_RUNNING' });
  await until('waiting: the build is being started');
  fake.setPod(['clone', 'build']);
  fake.setStatus({ conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes are available' }] });
  await until('waiting: no node has room for the build yet (0/1 nodes are available)');
  fake.setStatus({
    initContainerStatuses: [
      { name: 'prepare', state: { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } } },
    ],
  });
  await until('waiting: an image cannot be pulled (ImagePullBackOff: no such image)');
  fake.setStatus({});
  await until('waiting: the containers are being created');
  for (const step of ['clone', 'build']) fake.setState(step, 'running');
  fake.write('clone', ['first']);
  await until('first');
  fake.write('clone', ['second']);
  await until('second');
  fake.setState('clone', 'terminated');
  fake.write('build', ['third']);
  await until('third');
  fake.setState('build', 'terminated');
  const rest = collect(events);
  set({ status: 'BUILD_SUCCESS', finishedAt: '2026-11-22T08:05:00.000Z' });
  expect(endOf(await rest)).toMatchObject({ status: 'BUILD_SUCCESS', log: 'complete' });
  expect(seen.filter((text) => text === 'first')).toHaveLength(1);
});

const faultAfter = { cut: cutAfter, clean: endAfter };

test.each(['cut', 'clean'] as const)(
  'a stream that ends %s at any byte is resumed without loss or doubling',
  async (kind) => {
    const { view } = finishedBuild(
      fake,
      Array.from({ length: 40 }, (_, at) => `line ${at} of the build`),
    );
    const whole = visible(await collect(readBuildLog({ ...common(fake, view), follow: false })));
    for (const follow of [true, false]) {
      fake.faults.push(...[0, 90, 200, 201, 777, 1500].map((bytes) => onLogStream(faultAfter[kind](bytes))));
      expect(visible(await collect(readBuildLog({ ...common(fake, view), follow })))).toEqual(whole);
      fake.faults.length = 0;
    }
  },
);

test('property: a log resumed at any line continues with the same lines', async () => {
  const { view } = finishedBuild(fake);
  const line = fc.constantFrom(
    'x',
    '',
    'a\rb',
    `y${'z'.repeat(70_000)}`,
    '-----BEGIN PRIVATE KEY-----',
    'TUlJ'.repeat(16),
    'é\u2028',
  );
  // Only five times occur, so several lines share a time, as with a coarse clock. The time alone then does not tell
  // where to resume.
  const stamp = fc.integer({ min: 0, max: 4 }).map((n) => timeAt(n * 300_000));
  const property = fc.asyncProperty(
    fc.array(fc.tuple(line, stamp), { minLength: 1, maxLength: 12 }),
    fc.nat(),
    async (written, pick) => {
      fake.rotate('build', 0);
      fake.setPod(['build']);
      fake.setState('build', 'terminated');
      const inOrder = written.map(([, time]) => time).sort();
      fake.write(
        'build',
        written.map(([text]) => text),
        inOrder,
      );
      const whole = visible(await collect(readBuildLog({ ...common(fake, view), follow: false })));
      const lines = linesOf(whole);
      const at = lines[pick % lines.length];
      if (!at) throw new Error('no line');
      const from = parseCursor(at.cursor, 'b-1');
      const rest = visible(await collect(readBuildLog({ ...common(fake, view), follow: false, from })));
      expect(rest).toEqual(whole.slice(whole.indexOf(at) + 1));
    },
  );
  await fc.assert(property, { numRuns: 40 });
});

test('a private key stays masked when reading resumes within it', async () => {
  fake.setPod(['build']);
  fake.setState('build', 'terminated');
  const body = ['MIIE'.repeat(16), 'AAAA'.repeat(16), 'BBBB'.repeat(16), 'QQ=='];
  const times = [0, 5, 10, 15, 20, 25, 30].map((s) => timeAt(s * 1_000_000));
  fake.write('build', ['-----BEGIN RSA PRIVATE KEY-----', ...body, '-----END RSA PRIVATE KEY-----', 'after'], times);
  const { view } = createView(finished);
  const whole = linesOf(await collect(readBuildLog({ ...common(fake, view), follow: false })));
  expect(whole.map(({ text }) => text)).toEqual([...Array(6).fill('[masked]'), 'after']);
  const from = parseCursor(whole[2]?.cursor ?? '', 'b-1');
  const rest = linesOf(await collect(readBuildLog({ ...common(fake, view), follow: false, from })));
  expect(rest).toEqual(whole.slice(3));
});
