import type { Recorded } from './records.ts';

/** The part of Jest's report in JSON that the table needs. */
export type JestReport = {
  testResults: { assertionResults: { fullName: string; status: string; failureMessages?: string[] | null }[] }[];
};
export type LanguagesRun = { builder: string; report: JestReport; records: Recorded[] };

const maxPageLength = 40;

/** Says what a test saw: `2 builds, one digest; answered "own"`. */
const describeSeen = (records: Recorded[]): string => {
  const builds = records.flatMap((seen) => ('digest' in seen ? [seen] : []));
  const images = new Set(builds.filter(({ failed }) => failed === '').map(({ image }) => image));
  const built = [...images].map((image) => {
    const digests = builds.filter((build) => build.image === image && build.failed === '').map(({ digest }) => digest);
    if (digests.length === 1) return 'built';
    return `built ${digests.length} times, ${new Set(digests).size} digest(s)`;
  });
  const failed = builds.filter((build) => build.failed !== '').map((build) => `failed in ${build.failed}`);
  const pages = records.flatMap((seen) => ('page' in seen ? [seen.page] : []));
  const answered = pages.map((page) => `answered ${JSON.stringify(page.slice(0, maxPageLength))}`);
  return [...built, ...failed, ...answered].join('; ');
};

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** Returns a table in Markdown: a row for each test, and a column for each builder with the result and what was seen. */
export const languagesTable = (runs: LanguagesRun[]): string => {
  const results = runs.map(({ report, records }) => {
    const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
    const seen = ({ fullName, status }: (typeof tests)[number]): [string, string] => {
      const text = describeSeen(records.filter(({ title }) => title === fullName));
      return [fullName, text === '' ? status : `${status}: ${text}`];
    };
    return new Map(tests.filter(({ status }) => status !== 'pending').map(seen));
  });
  const titles = [...new Set(results.flatMap((result) => [...result.keys()]))];
  const rows = titles.map((title) => [title, ...results.map((result) => result.get(title) ?? '')]);
  const lines = [['test', ...runs.map(({ builder }) => builder)], runs.map(() => '---').concat('---'), ...rows];
  return lines.map((line) => `| ${line.map(cell).join(' | ')} |`).join('\n');
};
