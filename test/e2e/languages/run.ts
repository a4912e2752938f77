/**
 * Builds every kind of repository, and every hostile one, on the cluster with each builder of test/e2e/pipeline/test-builder.ts,
 * and prints a table of what was seen: npm run test:e2e:languages [-- JEST OPTIONS AND PATTERNS].
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '../site.js';
import { runJest } from '../jest.ts';
import { builderNames } from '../pipeline/test-builder.ts';
import type { Recorded } from './records.ts';
import { type JestReport, languagesTable } from './table.ts';

/** Runs all tests with one builder. @returns what Jest reports, and what the tests saw */
const runWith = async (builder: string, folder: string) => {
  const [report, records] = [join(folder, `${builder}.json`), join(folder, `${builder}.jsonl`)];
  const env = { TEST_BUILDER: builder, LANGUAGES_RECORDS: records };
  await runJest('languages', env, ['--json', `--outputFile=${report}`, ...process.argv.slice(2)]);
  const lines = (await readFile(records, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  return {
    builder,
    report: JSON.parse(await readFile(report, 'utf8')) as JestReport,
    records: lines.map((line) => JSON.parse(line) as Recorded),
  };
};

const folder = await mkdtemp(join(tmpdir(), 'languages-'));
try {
  const runs = [];
  for (const builder of builderNames) runs.push(await runWith(builder, folder));
  console.log(languagesTable(runs));
} finally {
  await rm(folder, { recursive: true });
}
