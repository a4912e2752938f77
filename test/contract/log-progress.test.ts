import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Caller, expectCleanLog, forTool } from './client.ts';
import { buildTimeoutMs, startTarget } from './start-target.ts';
import type { Target } from './target.ts';

let target: Target;
let mine: Caller;

beforeAll(async () => {
  target = await startTarget();
  mine = await forTool(target, 'progress');
}, buildTimeoutMs);

afterAll(async () => {
  expectCleanLog(target);
  await target.close();
}, buildTimeoutMs);

/** Number of states that the progress bar draws. */
const states = 26;

/** Draws a progress bar for twelve seconds, with carriage returns and without line feeds. */
const bar = `
let at = 0;
const draw = () => {
  process.stdout.write('\\r' + String(at).padStart(3) + '%|' + '█'.repeat(at / 10).padEnd(10) + '| ' + at + '/100');
  at += ${100 / (states - 1)};
  if (at <= 100) setTimeout(draw, 480);
  else process.stdout.write('\\n');
};
console.log('the bar begins');
draw();
`;

const files = {
  'package.json': JSON.stringify({
    name: 'bar',
    version: '1.0.0',
    scripts: { build: 'node bar.js', start: 'node server.js' },
  }),
  'bar.js': bar,
  'server.js': "require('node:http').createServer((_, res) => res.end('ok')).listen(process.env.PORT || 8000);\n",
};

type Event = { type?: unknown; line?: unknown; log?: unknown };

const state = /^ *\d+%\|█* *\| \d+\/100$/;
const last = `100%|${'█'.repeat(10)}| 100/100`;

const isState = ({ line }: Event): boolean => state.test(String(line));
const linesWithBar = (events: readonly Event[]): unknown[] =>
  events.flatMap((event) => (event.type === 'line' && isState(event) ? [event.line] : []));

test(
  'a progress bar is shown while it lasts, but not in each of its states, and the log keeps its last state',
  async () => {
    const { name: id } = await mine.start({ source_url: await target.repository('bar', files) });
    const [events, { text }] = await Promise.all([mine.follow(id), mine.call(`/builds/${id}/logs?follow=true`)]);
    const partial = events.filter((event) => event.type === 'partial' && isState(event));
    expect(partial.length).toBeGreaterThan(3);
    expect(partial.length).toBeLessThan(states);
    expect(linesWithBar(events)).toEqual([last]);
    expect(events.at(-1)).toMatchObject({ type: 'end', log: 'complete' });
    expect(text.split('"partial":true').length).toBeGreaterThan(3);
    await mine.archived(id);
    const archived = await mine.follow(id);
    expect(archived.filter(({ type }) => type === 'partial')).toEqual([]);
    expect(linesWithBar(archived)).toEqual([last]);
    expect(archived.at(-1)).toMatchObject({ type: 'end', log: 'complete' });
  },
  buildTimeoutMs,
);
