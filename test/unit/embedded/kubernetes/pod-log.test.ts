import { appendFileSync, mkdirSync } from 'node:fs';
import { request } from 'node:http';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ContainerState, Pod } from '../../../../embedded/kubernetes/types.ts';
import { openLog } from '../../../../embedded/tekton/log-writer.ts';
import { startCluster, type TestCluster } from '../../../support/kubernetes/cluster.ts';
import { pod, podsPath } from '../../../support/kubernetes/objects.ts';

let served: TestCluster;
beforeEach(async () => {
  served = await startCluster();
});
afterEach(() => served.close());

const running: ContainerState = { running: { startedAt: '2026-01-01T00:00:00Z' } };
const terminated: ContainerState = {
  terminated: { exitCode: 0, reason: 'Completed', finishedAt: '2026-01-01T00:00:00Z' },
};
const containerNames = ['step-a', 'step-b'];

const setStates = (...states: ContainerState[]): Pod => {
  const { objects } = served.api;
  const copy = structuredClone(objects.get('pods', 'ns', 'p') as Pod);
  const fixed = { image: 'any', imageID: '', ready: true, restartCount: 0 };
  copy.status = {
    phase: 'Running',
    containerStatuses: states.map((state, at) => ({ name: containerNames[at] ?? '', state, ...fixed })),
  };
  return objects.update('pods', copy, 'status');
};

const withLog = async (state: ContainerState, ...entries: [string, string, string][]): Promise<Pod> => {
  await served.call('POST', podsPath, pod('p', containerNames));
  const made = setStates(state, running);
  append(made, entries);
  return made;
};

const append = ({ metadata }: Pod, entries: [string, string, string][]): void => {
  const file = served.api.objects.logFile(metadata.uid, 'step-a');
  mkdirSync(dirname(file), { recursive: true });
  for (const [time, tag, text] of entries) appendFileSync(file, `2026-01-01T00:00:0${time}Z stdout ${tag} ${text}\n`);
};

const read = async (query: string) => {
  const response = await fetch(`${served.url}${podsPath}/p/log?${query}`);
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
};
const text = async (query: string) => (await read(`container=step-a&${query}`)).text;
const writtenLines: [string, string, string][] = [
  ['1.000000001', 'F', 'one'],
  ['2.500000000', 'P', 'tw'],
  ['2.600000000', 'F', 'o'],
  ['3.000000000', 'F', ''],
  ['4.000000000', 'P', 'no end'],
];

describe("a request for a pod's log", () => {
  beforeEach(() => withLog(terminated, ...writtenLines));

  test.each([
    ['', 'one\ntwo\n\nno end'],
    [
      'timestamps=true',
      '2026-01-01T00:00:01.000000001Z one\n2026-01-01T00:00:02.500000000Z two\n2026-01-01T00:00:03.000000000Z \n2026-01-01T00:00:04.000000000Z no end',
    ],
    ['tailLines=0', ''],
    ['tailLines=2', '\nno end'],
    ['tailLines=99', 'one\ntwo\n\nno end'],
    ['limitBytes=5', 'one\nt'],
    ['sinceTime=2026-01-01T00:00:02Z', 'two\n\nno end'],
    ['sinceTime=2026-01-01T00:00:02.999Z', 'two\n\nno end'],
    ['sinceTime=2026-01-01T02:00:03%2B02:00', '\nno end'],
    ['sinceSeconds=10', ''],
    ['follow=true', 'one\ntwo\n\nno end'],
    ['follow=false&pretty=false&previous=false', 'one\ntwo\n\nno end'],
  ])("a request for a pod's log with ?%s gets the selected lines", async (query, expected) => {
    expect(await text(query)).toBe(expected);
  });

  test.each([
    ['', 400, 'a container name must be specified for pod p, choose one of: [step-a step-b]'],
    ['container=step-x', 400, 'container step-x is not valid for pod p'],
    ['container=step-a&previous=true', 400, 'previous terminated container "step-a" in pod "p" not found'],
    ['container=step-a&tailLines=-1', 422, 'tailLines: Invalid value: -1: must be greater than or equal to 0'],
    ['container=step-a&limitBytes=0', 422, 'limitBytes: Invalid value: 0: must be greater than 0'],
    ['container=step-a&tailLines=x', 400, 'invalid syntax'],
    ['container=step-a&sinceTime=yesterday', 400, 'cannot parse'],
    ['container=step-a&sinceTime=2026-01-01T00:00:00Z&sinceSeconds=1', 422, 'at most one of'],
  ])("a request for a pod's log with ?%s is refused with %d", async (query, status, message) => {
    const answer = await read(query);
    expect(answer).toMatchObject({ status, type: 'application/json' });
    expect(JSON.parse(answer.text)).toMatchObject({ kind: 'Status', message: expect.stringContaining(message) });
  });
});

test('the log of a waiting container is refused with the reason for the wait', async () => {
  await served.call('POST', podsPath, pod('p', containerNames));
  setStates({ waiting: { reason: 'PodInitializing' } }, { waiting: { reason: 'ImagePullBackOff' } });
  const message = async (name: string) => JSON.parse((await read(`container=${name}`)).text).message;
  expect(await message('step-a')).toBe('container "step-a" in pod "p" is waiting to start: PodInitializing');
  expect(await message('step-b')).toBe(
    'container "step-b" in pod "p" is waiting to start: trying and failing to pull image',
  );
  expect((await served.call('GET', `${podsPath}/none/log`)).body.message).toBe('pods "none" not found');
});

test('a followed log sends new lines and ends when the container ends', async () => {
  const made = await withLog(running);
  const response = await fetch(`${served.url}${podsPath}/p/log?container=step-a&follow=true`);
  append(made, writtenLines.slice(0, 3));
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let all = '';
  while (!all.endsWith('two\n')) all += (await reader?.read())?.value ?? '';
  append(made, writtenLines.slice(3));
  setStates(terminated, terminated);
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) all += part.value;
  expect(all).toBe('one\ntwo\n\nno end');
});

test('a followed log ends when the pod is deleted', async () => {
  const made = await withLog(running);
  append(made, writtenLines.slice(0, 1));
  const response = await fetch(`${served.url}${podsPath}/p/log?container=step-a&follow=true`);
  served.api.objects.delete('pods', 'ns', 'p');
  expect(await response.text()).toMatch(/^(one\n)?$/);
});

test('a log is sent byte for byte, and a slow reader does not use memory', async () => {
  const made = await withLog(terminated);
  const file = served.api.objects.logFile(made.metadata.uid, 'step-a');
  const log = await openLog(file, Date.now);
  const bytes = Buffer.alloc(24 * 1024 * 1024);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = (at * 7919 + (at >> 9)) & 0xff;
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += 50_001) yield bytes.subarray(at, at + 50_001);
  }
  await log.copy(chunks(), 'stdout');
  await log.close();
  const before = process.memoryUsage().arrayBuffers;
  const received: Buffer[] = [];
  await new Promise<void>((resolve) => {
    const req = request(`${served.url}${podsPath}/p/log?container=step-a`, (res) => {
      res.once('readable', async () => {
        for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(12 * 1024 * 1024);
        res.on('data', (chunk: Buffer) => received.push(chunk));
        res.on('end', resolve);
      });
    });
    req.end();
  });
  expect(Buffer.concat(received).equals(bytes)).toBe(true);
});
