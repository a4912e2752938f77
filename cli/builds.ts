import type { Build, BuildResponse, ListResponse } from '../openapi/generated/types.ts';
import { neutral, neutralLines } from './plain.ts';
import { type Cell, type Column, fields, table } from './table.ts';
import type { Style, Terminal } from './terminal.ts';

const WORDS: Record<string, string> = {
  BUILD_SUCCESS: 'ok',
  BUILD_FAILURE: 'error',
  BUILD_TIMEOUT: 'timeout',
  BUILD_CANCELLED: 'cancelled',
  BUILD_RUNNING: 'running',
  BUILD_PENDING: 'pending',
};

const COLOURS: Record<string, Style> = {
  ok: 'green',
  error: 'red',
  timeout: 'red',
  cancelled: 'yellow',
  running: 'cyan',
  pending: 'blue',
};

/** The word for a status: ok, error, timeout, cancelled, running, pending or unknown. */
export const statusWord = (status: string): string => WORDS[status] ?? 'unknown';

export const hasEnded = ({ status, end_time }: Build): boolean =>
  ['ok', 'error', 'timeout', 'cancelled'].includes(statusWord(status)) || Boolean(end_time);

export const isUnderWay = (build: Build): boolean => !hasEnded(build);

const environmentOf = (build: Build): string[] =>
  Object.entries(build.parameters?.envvars ?? {}).map(([name, value]) => `${name}=${value}`);

/** A build as today's clients print it as JSON: these keys, in this order, and N/A for what is not there. */
export function flatten(build: Build) {
  const environment = environmentOf(build);
  return {
    build_id: build.build_id,
    start_time: build.start_time || 'N/A',
    end_time: build.end_time || 'N/A',
    status: statusWord(build.status),
    message: build.message ?? '',
    ref: build.parameters?.ref || 'N/A',
    envvars: environment.length > 0 ? environment : ['N/A'],
    source_url: build.parameters?.source_url ?? '',
    use_latest_versions: build.parameters?.use_latest_versions ?? false,
    destination_image: build.destination_image ?? '',
  };
}

export const listJson = ({ messages, builds }: ListResponse) => ({ messages, builds: builds.map(flatten) });
export const showJson = ({ messages, build }: BuildResponse) => ({ messages, build: flatten(build) });

function statusCell(build: Build, { paint }: Terminal): Cell {
  const word = statusWord(build.status);
  const text = build.queue_position ? `${word} (#${build.queue_position} in queue)` : word;
  return { text, paint: (cell) => paint(COLOURS[word] ?? 'dim', cell) };
}

const plain = (text: string | undefined): Cell => ({ text: neutral(text ?? '') || '-' });

const source = ({ parameters }: Build) =>
  `${parameters?.source_url ?? ''}${parameters?.ref ? `@${parameters.ref}` : ''}`;

const COLUMNS: Column[] = [
  { title: 'ID' },
  { title: 'STATUS' },
  { title: 'STARTED' },
  { title: 'SOURCE', shrinkTo: 20, keep: 'end' },
  { title: 'IMAGE', shrinkTo: 10 },
];

/** The lines of `list`: one build a line, the narrow columns whole, source and image cut on a narrow terminal. */
export function listLines(builds: Build[], terminal: Terminal): string[] {
  const rows = builds.map((build) => [
    plain(build.build_id),
    statusCell(build, terminal),
    plain(build.start_time),
    plain(source(build)),
    plain(build.destination_image),
  ]);
  return table(COLUMNS, rows, terminal.columns, (text) => terminal.paint('bold', text));
}

const LOG_STATES: Record<string, string> = {
  live: 'growing',
  complete: 'complete',
  truncated: 'truncated: a part is missing',
  lost: 'lost',
};

const several = (texts: string[]): Cell[] => (texts.length > 0 ? texts.map(plain) : [plain('')]);

const commit = ({ resolved_ref }: Build) =>
  resolved_ref ? [['Commit', [plain(resolved_ref)]] as [string, Cell[]]] : [];

/** The lines of `show`. */
export function showLines(build: Build, terminal: Terminal): string[] {
  const { parameters } = build;
  const message = build.message ? neutralLines(build.message) : [];
  return fields([
    ['Build', [plain(build.build_id)]],
    ['Status', [statusCell(build, terminal)]],
    ['Message', several(message)],
    ['Started', [plain(build.start_time)]],
    ['Finished', [plain(build.end_time)]],
    ['Source', [plain(parameters?.source_url)]],
    ['Ref', [plain(parameters?.ref)]],
    ...commit(build),
    ['Environment', several(environmentOf(build))],
    ['Latest versions', [plain(parameters?.use_latest_versions ? 'yes' : 'no')]],
    ['Image', [plain(build.destination_image)]],
    ...(build.log ? [['Log', [plain(LOG_STATES[build.log] ?? build.log)]] as [string, Cell[]]] : []),
  ]);
}
