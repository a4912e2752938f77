/**
 * get-logs against the container's log as it is without us, in one run: how long it takes from the pod and from the
 * archive, the first byte, fifty followers, a thousand, and memory between a small log and a large one.
 *   npm run bench:logs [-- local|cluster [MEGABYTES]]     of the large log
 * local: get-logs as a process here, with the least of an API server beside it. cluster: what is deployed on the cluster
 * that KUBECONFIG names, with knative/overlays/test. Prints a table in Markdown.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { median, quantile } from '../test/support/quantile.ts';
import { openLocal } from './log-local.ts';
import {
  buildLines,
  entryOf,
  finished,
  gzip,
  isWhole,
  type LogTarget,
  removeArchives,
  type Timing,
  timed,
  writeArchive,
} from './log-target.ts';

const [where = 'local', large = '1000'] = process.argv.slice(2);
const rounds = 7;
/** So many where one byte is timed, and the client's own start is most of it. */
const archiveRounds = 21;
/**
 * One reading takes twice as long as the next, as the scheduler has the node's and the API server's threads take turns:
 * a tenth is told apart by no fewer.
 */
const podRounds = 81;
/** What one leaves behind is not the next one's. */
const pauseMs = 500;

type Row = [what: string, ours: string, yardstick: string, ratio: string, most: string];
const rows: Row[] = [];
const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
const drawn = (values: number[]): number[] => values.map(() => values[Math.floor(Math.random() * values.length)] ?? 0);

/** The 90 % confidence interval of the ratio of the medians, by bootstrap. */
const interval = (ours: number[], yardstick: number[]): string => {
  const ratios = Array.from({ length: 2000 }, () => median(drawn(ours)) / median(drawn(yardstick)));
  return [0.05, 0.95].map((share) => quantile(ratios, share).toFixed(2)).join(' to ');
};

/** Medians. */
const add = (what: string, ours: number[], yardstick: number[], most: string): void => {
  const [mine, other] = [median(ours), median(yardstick)];
  rows.push([what, ms(mine), ms(other), `${(mine / other).toFixed(2)} (${interval(ours, yardstick)})`, most]);
};

const expectEnd = ({ tail }: Timing, wanted: RegExp): void => {
  if (!wanted.test(tail)) throw new Error(`this log does not end as it should: ${tail.slice(-300)}`);
};

const expectWhole = (timing: Timing): Timing => {
  if (!isWhole(timing)) throw new Error(`this log is of ${timing.bytes} bytes only: ${timing.tail.slice(-300)}`);
  return timing;
};

type Place = {
  where: string;
  wanted: RegExp;
  most: string;
  rounds: number;
  /** In one of so many rounds the log is fetched in gzip, too. */
  gzipEvery: number;
};

const fetches = async (target: LogTarget, { where, wanted, most, rounds, gzipEvery }: Place): Promise<void> => {
  const [compressed, plain, raw]: [Timing[], Timing[], Timing[]] = [[], [], []];
  const fetch = async (isCompressed: boolean): Promise<Timing> => {
    const mine = await timed(() => target.fetch(target.id, 'step=clone&format=ndjson', isCompressed));
    expectEnd(mine, wanted);
    return mine;
  };
  const turns: [Timing[], () => Promise<Timing>][] = [
    [raw, () => timed(() => target.raw('clone', false))],
    [plain, () => fetch(false)],
    [compressed, () => fetch(true)],
  ];
  for (let round = 0; round < rounds; round += 1) {
    // There and back: what each leaves behind, such as the API server's garbage, is not always the same one's to bear.
    const now = round % gzipEvery === 0 ? turns : turns.slice(0, 2);
    for (const [timings, take] of round % 2 === 0 ? now : now.toReversed()) {
      timings.push(expectWhole(await take()));
      await delay(2 * pauseMs);
    }
  }
  const of = (timings: Timing[], key: 'firstMs' | 'wholeMs') => timings.map((timing) => timing[key]);
  // The API server compresses no logs: like is compared with like.
  add(`200,000 × 100 B from ${where}`, of(plain, 'wholeMs'), of(raw, 'wholeMs'), most);
  add('the same in gzip', of(compressed, 'wholeMs'), of(raw, 'wholeMs'), '');
  add(`first byte from ${where}`, of(plain, 'firstMs'), of(raw, 'firstMs'), '1.2');
};

/** Milliseconds until the first byte; then the connection is cut. */
const firstByte = async (open: () => Promise<AsyncIterable<Buffer> & { destroy(): void }>): Promise<number> => {
  const begin = performance.now();
  const stream = await open();
  for await (const _ of stream) break;
  stream.destroy();
  return performance.now() - begin;
};

const fifty = async (target: LogTarget): Promise<void> => {
  const follow = () => firstByte(() => target.open(target.id, 'follow=true&format=ndjson', gzip));
  const [ours, raw]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    raw.push(await firstByte(() => target.raw('clone', true)));
    await delay(2 * pauseMs);
    ours.push(median(await Promise.all(Array.from({ length: 50 }, follow))));
    await delay(4 * pauseMs);
  }
  add('50 followers, first byte (p50)', ours, raw, '5');
};

/** Where a stream was handed over, it goes on at its cursor, as our command line does it. */
const follower = async (target: LogTarget, begun: () => void): Promise<boolean> => {
  let lines = 0;
  for (let cursor = ''; ; ) {
    let last = '';
    for await (const part of await target.open(target.id, `follow=true&step=build&format=ndjson${cursor}`)) {
      begun();
      const bytes = part as Buffer;
      for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines += 1;
      last = (last + bytes.subarray(-500).toString()).slice(-500);
    }
    const [, next] = /"cursor":"([^"]*)","hand_over":true/.exec(last) ?? [];
    if (next === undefined) return lines > buildLines && /"type":"end","status":"BUILD_SUCCESS"/.test(last);
    cursor = `&cursor=${next}`;
  }
};

const watchMemory = (target: LogTarget) => {
  const stop = new AbortController();
  const most = (async () => {
    let bytes = 0;
    while (!stop.signal.aborted) {
      bytes = Math.max(bytes, await target.memory());
      await delay(where === 'local' ? 200 : 2000, undefined, { signal: stop.signal }).catch(() => undefined);
    }
    return bytes;
  })();
  return {
    stop: (): Promise<number> => {
      stop.abort();
      return most;
    },
  };
};

const thousand = async (target: LogTarget): Promise<void> => {
  const memory = watchMemory(target);
  let begun = 0;
  const reading = Array.from({ length: 1000 }, () => {
    let isFirst = true;
    return follower(target, () => {
      begun += isFirst ? 1 : 0;
      isFirst = false;
    });
  });
  for (const end = Date.now() + 120_000; begun < 1000 && Date.now() < end; ) await delay(100);
  await target.endPod();
  await target.setEntry(entryOf(target.id, finished()));
  const complete = (await Promise.all(reading)).filter(Boolean).length;
  if (where !== 'local') await delay(12_000);
  rows.push(['1,000 followers, memory', mebibytes(await memory.stop()), '', '', '256 MiB']);
  rows.push(['1,000 followers, complete', String(complete), '1000', '', '']);
};

/** The most that get-logs takes while an archived log of so many bytes is read. */
const memoryOf = async (target: LogTarget, id: string): Promise<number> => {
  await target.setEntry(entryOf(id, { ...finished(), log: 'complete' }));
  const memory = watchMemory(target);
  for (let round = 0; round < (id.endsWith('small') ? 200 : 1); round += 1)
    expectEnd(await timed(() => target.fetch(id, 'format=ndjson', true)), /"log":"complete"/);
  if (where !== 'local') await delay(12_000);
  return memory.stop();
};

const flat = async (target: LogTarget): Promise<void> => {
  const ids = [`${target.id}-small`, `${target.id}-large`] as const;
  try {
    await writeArchive(target, ids[0], 1_000_000);
    await writeArchive(target, ids[1], Number(large) * 1_000_000);
    const [small, big] = [await memoryOf(target, ids[0]), await memoryOf(target, ids[1])];
    rows.push([
      `memory, ${large} MB log against 1 MB`,
      mebibytes(big),
      mebibytes(small),
      (big / small).toFixed(2),
      '1.1',
    ]);
  } finally {
    await removeArchives(target, ids);
  }
};

const measure = async (target: LogTarget): Promise<void> => {
  // A thousand followers leave an instance with more memory than any log would take.
  await flat(target);
  await target.setEntry(entryOf(target.id, finished()));
  await fetches(target, { where: 'the pod', wanted: /"type":"end"/, most: '1.0', rounds: podRounds, gzipEvery: 5 });
  await target.setEntry(entryOf(target.id));
  await fifty(target);
  await thousand(target);
  await target.archive();
  await target.setEntry(entryOf(target.id, { ...finished(), log: 'complete' }));
  const complete = { wanted: /"log":"complete"/, rounds: archiveRounds, gzipEvery: 1 };
  await fetches(target, { where: 'the archive', most: '0.33', ...complete });
};

const target = where === 'cluster' ? await (await import('./log-cluster.ts')).openCluster() : await openLocal();
try {
  await measure(target);
} finally {
  const table = [['what', 'get-logs', 'without us', 'ratio', 'at most'], Array<string>(5).fill('---'), ...rows];
  console.log(table.map((row) => `| ${row.join(' | ')} |`).join('\n'));
  await removeArchives(target, [target.id]);
  await target.close();
}
