import { setImmediate } from 'node:timers/promises';
import { beforeEach, expect, test } from '@jest/globals';
import { createArchiverRequester, createMissingArchiverReporter } from '../../../../lib/events/archiver-wanted.ts';
import { type OwnEvent, parseBuildEvent } from '../../../../lib/events/build-event.ts';

let now: number;
let sent: OwnEvent[];
let logged: unknown[];
let respond: () => Promise<void>;
const options = {
  send: (event: OwnEvent) => {
    sent.push(event);
    return respond();
  },
  log: (...line: unknown[]) => void logged.push(line),
  now: () => now,
};

beforeEach(() => {
  now = 0;
  sent = [];
  logged = [];
  respond = async () => undefined;
});

test('a request for an archiver is an event that archive-logs understands', () => {
  createArchiverRequester(options)('mine', 'b-1');
  expect(sent.map((event) => parseBuildEvent(event))).toEqual([
    { type: 'org.toolforge.builds.archiver.wanted.v1', tool: 'mine', build: 'b-1' },
  ]);
});

test('a request for an archiver that names no build is refused', () => {
  const event = { type: 'org.toolforge.builds.archiver.wanted.v1', source: '/builds/reads', data: { tool: 'mine' } };
  expect(() => parseBuildEvent(event)).toThrow(/about a build/);
});

test('reads send one request about a build in 30 s, however often they see it', async () => {
  const request = createMissingArchiverReporter(options);
  for (const build of ['a', 'b', 'a']) request('mine', build);
  await setImmediate();
  now = 29_999;
  request('mine', 'a');
  now = 30_000;
  request('mine', 'a');
  expect(sent.map(({ subject }) => subject)).toEqual(['a', 'b', 'a']);
});

test('a request that fails is only logged', async () => {
  respond = () => Promise.reject(new Error('the broker is away'));
  createArchiverRequester(options)('mine', 'b-1');
  await setImmediate();
  expect(logged).toHaveLength(1);
});
