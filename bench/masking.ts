/**
 * Measures what the secret rules cost: the time to turn a step's bytes into the lines of a response, with all rules and
 * without any rule, one after the other in one process.
 *   npm run bench:masking [-- FILE...]     files with logs to measure. Default: the innocent lines of test/corpus
 * Prints a table in Markdown. Times are processor times for each line.
 */
import { readFileSync } from 'node:fs';
import { createSecretFinder, nothingNamed, type SecretFinder } from '../lib/logs/masking/secret-finder.ts';
import { StepLines } from '../lib/logs/pod/step-lines.ts';
import { encoders } from '../lib/logs/response/encode.ts';
import { readInnocent } from '../test/corpus/masking/load.ts';
import { median } from '../test/support/quantile.ts';

const rounds = 41;
/** Number of lines in one reading. Short logs are repeated up to this number. */
const linesPerRound = 20_000;
const time = '2026-11-22T08:02:11.123456789Z';

/** Returns the bytes of a container's log, as the kubelet sends them. */
const logOf = (texts: readonly string[]): Buffer[] => {
  const lines = Array.from({ length: linesPerRound }, (_, at) => `${time} ${texts[at % texts.length]}\n`);
  const bytes = Buffer.from(lines.join(''));
  return Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, at) =>
    bytes.subarray(at * 65_536, (at + 1) * 65_536),
  );
};

/** Returns the processor time of one reading of a log, in microseconds for each line. */
const readingTime = (log: readonly Buffer[], findSecrets: SecretFinder): number => {
  const before = process.cpuUsage();
  const lines = new StepLines({ tag: 'aaaaaaaa', step: 'build', findSecrets });
  for (const bytes of log) encoders.ndjson.encode(lines.push(bytes));
  encoders.ndjson.encode(lines.finish());
  const { user, system } = process.cpuUsage(before);
  return (user + system) / linesPerRound;
};

const measure = (name: string, texts: readonly string[]): string => {
  const log = logOf(texts);
  const finders: [SecretFinder, number[]][] = [
    [createSecretFinder([]), []],
    [() => nothingNamed, []],
  ];
  for (let round = 0; round < rounds; round += 1)
    for (const [finder, times] of round % 2 === 0 ? finders : finders.toReversed())
      times.push(readingTime(log, finder));
  const [masked = 0, unmasked = 0] = finders.map(([, times]) => median(times));
  return `| ${name} | ${masked.toFixed(2)} µs | ${unmasked.toFixed(2)} µs | ${(masked / unmasked).toFixed(2)} |`;
};

const files = process.argv.slice(2);
const logs: [string, string[]][] = files.map((file) => [file, readFileSync(file, 'utf8').split('\n')]);
if (logs.length === 0)
  logs.push(
    ['innocent lines', [...readInnocent('development'), ...readInnocent('held-out')].flat()],
    ['lines without a keyword', ['x'.repeat(90)]],
  );
console.log('| log | with rules | without rules | ratio |\n| --- | --- | --- | --- |');
for (const [name, texts] of logs) console.log(measure(name, texts));
