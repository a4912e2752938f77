/**
 * Measures get-logs beside the container's log from the API server, in one run: whole logs from the pod and from the
 * archive, the first byte, fifty live readers, a thousand live readers, and memory for a small and a large log.
 *   npm run bench:logs [-- local|cluster [MEGABYTES]]     size of the large log; default 1000
 * local: get-logs as a process on this machine, beside a minimal API server. cluster: the cluster of KUBECONFIG with
 * the service deployed for tests. Prints a table in Markdown.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { sleepUntilAborted } from '../lib/abort.ts';
import { median, quantile } from '../test/support/quantile.ts';
import { openLocal } from './log-local.ts';
import {
  buildLines,
  buildRecord,
  finished,
  gzip,
  isWhole,
  type LogTarget,
  removeArchives,
  type Timing,
  timeRead,
  writeArchive,
} from './log-target.ts';

const [where = 'local', large = '1000'] = process.argv.slice(2);
const rounds = 7;
/** Number of reads from the archive. Many are needed, because most of a read's time is the start of the client. */
const archiveRounds = 21;
/**
 * Number of reads from the pod. The time of a read varies by a factor of two with the scheduling of the node's and the
 * API server's threads, so 81 reads are needed to show a difference of 10 %.
 */
const podRounds = 81;
/**
 * Pause in milliseconds between measured reads of a log, so that the load of a read does not slow down the next read.
 */
const pauseMs = 500;

type Row = [what: string, ours: string, baseline: string, ratio: string, limit: string];
const rows: Row[] = [];
const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
const resample = (values: number[]): number[] =>
  values.map(() => values[Math.floor(Math.random() * values.length)] ?? 0);

/** Returns the 90 % confidence interval of the ratio of two medians, by bootstrap. */
const interval = (ours: number[], baseline: number[]): string => {
  const ratios = Array.from({ length: 2000 }, () => median(resample(ours)) / median(resample(baseline)));
  return [0.05, 0.95].map((share) => quantile(ratios, share).toFixed(2)).join(' to ');
};

/** Adds a row with the medians of two measurements and their ratio to the printed table. */
const addRow = (what: string, ours: number[], baseline: number[], limit: string): void => {
  const [oursMs, baselineMs] = [median(ours), median(baseline)];
  const ratio = `${(oursMs / baselineMs).toFixed(2)} (${interval(ours, baseline)})`;
  rows.push([what, ms(oursMs), ms(baselineMs), ratio, limit]);
};

const expectEnd = ({ lastBytes }: Timing, expected: RegExp): void => {
  if (!expected.test(lastBytes)) throw new Error(`the log does not end with ${expected}: ${lastBytes.slice(-300)}`);
};

const expectWhole = (timing: Timing): Timing => {
  if (!isWhole(timing)) throw new Error(`the log has only ${timing.bytes} bytes: ${timing.lastBytes.slice(-300)}`);
  return timing;
};

type Measurement = {
  where: string;
  expectedEnd: RegExp;
  limit: string;
  rounds: number;
  /** One reading out of this many is repeated with gzip, to compare the time with and without compression. */
  gzipEvery: number;
};

const measureReads = async (
  target: LogTarget,
  { where, expectedEnd, limit, rounds, gzipEvery }: Measurement,
): Promise<void> => {
  const [compressed, plain, raw]: [Timing[], Timing[], Timing[]] = [[], [], []];
  const fetch = async (isCompressed: boolean): Promise<Timing> => {
    const timing = await timeRead(() => target.fetch(target.id, 'step=clone&format=ndjson', isCompressed));
    expectEnd(timing, expectedEnd);
    return timing;
  };
  const turns: [Timing[], () => Promise<Timing>][] = [
    [raw, () => timeRead(() => target.raw('clone', false))],
    [plain, () => fetch(false)],
    [compressed, () => fetch(true)],
  ];
  for (let round = 0; round < rounds; round += 1) {
    // The order of the reads changes from round to round, so the garbage that a read leaves in the API server slows
    // down each kind of read equally often.
    const now = round % gzipEvery === 0 ? turns : turns.slice(0, 2);
    for (const [timings, read] of round % 2 === 0 ? now : now.toReversed()) {
      timings.push(expectWhole(await read()));
      await delay(2 * pauseMs);
    }
  }
  const of = (timings: Timing[], key: 'firstMs' | 'wholeMs') => timings.map((timing) => timing[key]);
  // The API server never compresses a log, so its time is compared with the time of get-logs without gzip.
  addRow(`200,000 × 100 B from ${where}`, of(plain, 'wholeMs'), of(raw, 'wholeMs'), limit);
  addRow('the same in gzip', of(compressed, 'wholeMs'), of(raw, 'wholeMs'), '');
  addRow(`first byte from ${where}`, of(plain, 'firstMs'), of(raw, 'firstMs'), '1.2');
};

/** Returns the milliseconds until the first byte of a stream, and then closes the connection. */
const firstByte = async (open: () => Promise<AsyncIterable<Buffer> & { destroy(): void }>): Promise<number> => {
  const begin = performance.now();
  const stream = await open();
  for await (const _ of stream) break;
  stream.destroy();
  return performance.now() - begin;
};

const measureFiftyReaders = async (target: LogTarget): Promise<void> => {
  const follow = () => firstByte(() => target.open(target.id, 'follow=true&format=ndjson', gzip));
  const [ours, raw]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    raw.push(await firstByte(() => target.raw('clone', true)));
    await delay(2 * pauseMs);
    ours.push(median(await Promise.all(Array.from({ length: 50 }, follow))));
    await delay(4 * pauseMs);
  }
  addRow('50 live readers, first byte (p50)', ours, raw, '5');
};

/**
 * Follows a log to its end. When an instance hands over its readers, the reader continues at the last cursor, as our
 * command line does.
 * @returns whether every line and the end arrived
 */
const readLive = async (target: LogTarget, onChunk: () => void): Promise<boolean> => {
  let lines = 0;
  for (let cursor = ''; ; ) {
    let last = '';
    for await (const chunk of await target.open(target.id, `follow=true&step=build&format=ndjson${cursor}`)) {
      onChunk();
      const bytes = chunk as Buffer;
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
      await sleepUntilAborted(where === 'local' ? 200 : 2000, stop.signal);
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

const measureThousandReaders = async (target: LogTarget): Promise<void> => {
  const memory = watchMemory(target);
  let begun = 0;
  const reading = Array.from({ length: 1000 }, () => {
    let isFirst = true;
    return readLive(target, () => {
      begun += isFirst ? 1 : 0;
      isFirst = false;
    });
  });
  for (const end = Date.now() + 120_000; begun < 1000 && Date.now() < end; ) await delay(100);
  await target.endPod();
  await target.setBuild(buildRecord(target.id, finished()));
  const complete = (await Promise.all(reading)).filter(Boolean).length;
  if (where !== 'local') await delay(12_000);
  rows.push(['1,000 live readers, memory', mebibytes(await memory.stop()), '', '', '256 MiB']);
  rows.push(['1,000 live readers, complete', String(complete), '1000', '', '']);
};

/** Returns the largest memory of get-logs while an archived log is read, in bytes. */
const memoryOf = async (target: LogTarget, id: string): Promise<number> => {
  await target.setBuild(buildRecord(id, { ...finished(), log: 'complete' }));
  const memory = watchMemory(target);
  for (let round = 0; round < (id.endsWith('small') ? 200 : 1); round += 1)
    expectEnd(await timeRead(() => target.fetch(id, 'format=ndjson', true)), /"log":"complete"/);
  if (where !== 'local') await delay(12_000);
  return memory.stop();
};

const measureMemory = async (target: LogTarget): Promise<void> => {
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
  // Memory is measured first, because a thousand live readers leave the instance with more memory than any log needs.
  await measureMemory(target);
  await target.setBuild(buildRecord(target.id, finished()));
  await measureReads(target, {
    where: 'the pod',
    expectedEnd: /"type":"end"/,
    limit: '1.0',
    rounds: podRounds,
    gzipEvery: 5,
  });
  await target.setBuild(buildRecord(target.id));
  await measureFiftyReaders(target);
  await measureThousandReaders(target);
  await target.archive();
  await target.setBuild(buildRecord(target.id, { ...finished(), log: 'complete' }));
  const complete = { expectedEnd: /"log":"complete"/, rounds: archiveRounds, gzipEvery: 1 };
  await measureReads(target, { where: 'the archive', limit: '0.33', ...complete });
};

const target = where === 'cluster' ? await (await import('./log-cluster.ts')).openCluster() : await openLocal();
try {
  await measure(target);
} finally {
  const table = [['what', 'get-logs', 'API server', 'ratio', 'limit'], Array<string>(5).fill('---'), ...rows];
  console.log(table.map((row) => `| ${row.join(' | ')} |`).join('\n'));
  await removeArchives(target, [target.id]);
  await target.close();
}
