import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openService, type Service, type Tool, until } from '../service/service.ts';
import { type Event, eventsOf, isPrinted, printedLine, printing } from './printing.ts';

const count = 200_000;

let service: Service;
let tool: Tool;
let id: string;
/** Events of the log that a live reader received while the build ran. */
let live: Event[];

beforeAll(async () => {
  service = await openService();
  tool = await service.tool();
  id = await tool.start(await service.repository('printing', printing(count, 5)));
  live = await collect(eventsOf(tool, id, '&follow=true'));
  await tool.finished(id);
  await until('the log is archived', async () => (await tool.get(id)).log !== 'live');
});
afterAll(() => service.close());

const collect = async (events: AsyncGenerator<Event>): Promise<Event[]> => {
  const all: Event[] = [];
  for await (const event of events) all.push(event);
  return all;
};

const lines = (events: Event[]): Event[] => events.filter(({ type }) => type === 'line');

/**
 * Returns the index of the first difference between two lists, or -1 where they are equal. Jest's `toEqual` is not
 * used, because it takes minutes to describe a difference in 200,000 lines.
 */
const firstDifference = (a: unknown[], b: unknown[]): number => {
  const at = a.findIndex((value, index) => JSON.stringify(value) !== JSON.stringify(b[index]));
  return at < 0 && a.length !== b.length ? Math.min(a.length, b.length) : at;
};

test('a log read live has byte for byte the lines of the step', () => {
  const printed = live.filter(isPrinted).map(({ line }) => line);
  expect(
    firstDifference(
      printed,
      Array.from({ length: count }, (_, at) => printedLine(at)),
    ),
  ).toBe(-1);
  expect(live.at(-1)).toMatchObject({ type: 'end', status: 'BUILD_SUCCESS', log: 'complete' });
});

test('a log read from the archive equals the log read live, cursors included', async () => {
  const stored = await collect(eventsOf(tool, id, ''));
  expect(firstDifference(lines(stored), lines(live))).toBe(-1);
  expect(stored.at(-1)).toMatchObject({ type: 'end', status: 'BUILD_SUCCESS', log: 'complete' });
});

test('a log whose connection broke twenty times and was resumed equals the log read live', async () => {
  // Each connection but the last is closed at a random byte, after at most about a twentieth of the log. An event of
  // the log has about 220 bytes.
  const part = Math.floor((lines(live).length * 220) / 20);
  const all: Event[] = [];
  for (let cuts = 0; ; cuts += 1) {
    const cursor = lines(all).at(-1)?.cursor;
    const bytes = cuts < 20 ? Math.ceil(Math.random() * part) + 1000 : undefined;
    all.push(...(await collect(eventsOf(tool, id, cursor ? `&cursor=${encodeURIComponent(cursor)}` : '', bytes))));
    if (all.at(-1)?.type === 'end') break;
    expect(cuts).toBeLessThan(21);
  }
  expect(firstDifference(lines(all), lines(live))).toBe(-1);
});

test('a log read live over connections that break equals the log in the archive', async () => {
  const again = await tool.start(await service.repository('printing', printing(20_000, 5)));
  const all: Event[] = [];
  for (let cuts = 0; all.at(-1)?.type !== 'end'; cuts += 1) {
    const cursor = lines(all).at(-1)?.cursor;
    const bytes = cuts < 20 ? Math.ceil(Math.random() * 400_000) + 1000 : undefined;
    const query = `&follow=true${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;
    all.push(...(await collect(eventsOf(tool, again, query, bytes))));
  }
  await until('the log is archived', async () => (await tool.get(again)).log !== 'live');
  const stored = await collect(eventsOf(tool, again, ''));
  expect(firstDifference(lines(all), lines(stored))).toBe(-1);
  expect(stored.filter(isPrinted)).toHaveLength(20_000);
});

test('grep and from_line find lines in the archive', async () => {
  const [found] = lines(await collect(eventsOf(tool, id, '&grep=%5E00123456%20'))) as (Event & { number: number })[];
  expect(found?.line).toBe(printedLine(123_456));
  const around = lines(await collect(eventsOf(tool, id, `&step=build&from_line=${(found?.number ?? 0) - 2}&lines=5`)));
  expect(around.map(({ line }) => line)).toEqual([-2, -1, 0, 1, 2].map((by) => printedLine(123_456 + by)));
});

/** Counts printed lines, and throws when a line is missing or out of order, unless the log reports a gap there. */
const createCount = () => {
  let next = 0;
  let gaps = 0;
  return {
    take: ({ note = '', ...event }: Event): void => {
      if (/lines of step build are missing here: .* (after|between) /.test(note)) {
        gaps += 1;
        next = Number.NaN;
      }
      if (!isPrinted(event)) return;
      if (Number.isNaN(next)) next = Number(event.line?.slice(0, 8));
      if (event.line !== printedLine(next)) throw new Error(`line ${next} is ${event.line}`);
      next += 1;
    },
    result: () => ({ next, gaps }),
  };
};

test('the archive of two hundred megabytes without a live reader has every line, or says how many are missing', async () => {
  const lot = 2_000_000;
  const big = await tool.start(await service.repository('lots', printing(lot, 30)));
  await until('the build has ended', async () => /SUCCESS|FAIL|TIME/.test((await tool.get(big)).status), 600_000);
  await until('the log is archived', async () => (await tool.get(big)).log !== 'live');
  const count = createCount();
  let end: Event | undefined;
  for await (const event of eventsOf(tool, big, '')) {
    if (event.type === 'end') end = event;
    count.take(event);
  }
  const { next, gaps } = count.result();
  const dropped = Number(/: (\d+) more lines/.exec(end?.reason ?? '')?.[1] ?? 0);
  if (gaps + dropped === 0) {
    expect(next).toBe(lot);
    return expect(end).toMatchObject({ log: 'complete' });
  }
  expect(end).toMatchObject({ log: 'truncated' });
  expect(end?.reason).toMatch(/more lines \(.*\) were dropped|was printed (after|between) /);
  return expect(gaps > 0 || next + dropped === lot).toBe(true);
}, 1_500_000);
