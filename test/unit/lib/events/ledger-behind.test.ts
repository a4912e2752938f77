import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { CloudEvent } from 'cloudevents';
import { type OwnEvent, parseBuildEvent } from '../../../../lib/events/build-event.ts';
import { createBehindReporter, type ReportBehind } from '../../../../lib/events/ledger-behind.ts';

let now: number;
let sent: OwnEvent[];
let logged: unknown[];
let respond: () => Promise<void>;
let report: ReportBehind;

beforeEach(() => {
  now = 0;
  sent = [];
  logged = [];
  respond = async () => undefined;
  report = createBehindReporter({
    send: (event) => {
      sent.push(event);
      return respond();
    },
    log: (...line) => void logged.push(line),
    intervalMs: 5000,
    now: () => now,
  });
});

const subjects = () => sent.map(({ subject }) => subject);

describe('the reporter of ledgers that are behind', () => {
  test('sends an event that finish-build understands, with and without a build', () => {
    report('mine', 'b-1');
    report('other');
    expect(sent.map((event) => parseBuildEvent(event))).toEqual([
      { type: 'org.toolforge.builds.ledger.behind.v1', tool: 'mine', build: 'b-1' },
      { type: 'org.toolforge.builds.ledger.behind.v1', tool: 'other', build: undefined },
    ]);
  });

  test('sends one event about a tool per interval', async () => {
    for (const build of ['a', 'b']) report('mine', build);
    await setImmediate();
    now = 4999;
    report('mine', 'c');
    now = 5000;
    report('mine', 'd');
    expect(subjects()).toEqual(['a', 'd']);
  });

  test('has one event about a tool on its way at most, however slow the broker is', async () => {
    const broker = Promise.withResolvers<void>();
    respond = () => broker.promise;
    report('mine', 'a');
    now = 60_000;
    report('mine', 'b');
    broker.resolve();
    await setImmediate();
    now = 65_000;
    report('mine', 'c');
    expect(subjects()).toEqual(['a', 'c']);
  });

  test('logs that the broker refused, and sends nothing until the interval has passed', async () => {
    respond = () => Promise.reject(new Error('away'));
    report('mine', 'a');
    await setImmediate();
    report('mine', 'b');
    expect(subjects()).toEqual(['a']);
    expect(logged).toEqual([['WARNING', expect.any(String), { tool: 'mine', build: 'a', error: expect.any(Error) }]]);
  });
});

describe('an event of our own', () => {
  const type = 'org.toolforge.builds.ledger.behind.v1';
  test.each([
    ['a report from accept-tekton', { type, source: '/builds/accept-tekton', data: { tool: 'mine' } }],
    ['a report without a tool', { type, source: '/builds/reads', data: { build: 'b-1' } }],
    ['a report about a tool with a path as its name', { type, source: '/builds/reads', data: { tool: '../other' } }],
    ['a report about a tool with a dot', { type, source: '/builds/reads', data: { tool: 'a.b' } }],
    [
      'a report about a build with a path as its name',
      { type, source: '/builds/reads', data: { tool: 'mine', build: '../b' } },
    ],
    ['a report about a build without a name', { type, source: '/builds/reads', data: { tool: 'mine', build: '' } }],
    [
      'the end of a run from a function that only reads',
      {
        type: 'dev.tekton.event.pipelinerun.successful.v1',
        source: '/builds/reads',
        data: { tool: 'mine', build: 'b-1' },
      },
    ],
  ])('%s is refused', (_, event) => {
    expect(() => parseBuildEvent(new CloudEvent<unknown>(event))).toThrow('must come from');
  });
});
