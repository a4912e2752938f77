import type { Build, GetResponse, ListResponse } from '../openapi/generated/types.ts';
import { printable, printableLines } from './printable.ts';
import { type Cell, type Column, fields, table } from './table.ts';
import type { Style, Terminal } from './terminal.ts';

/** Words that Toolforge's Python client prints for the statuses of a build. */
const statusWords = new Map(
  Object.entries({
    BUILD_SUCCESS: 'ok',
    BUILD_FAILURE: 'error',
    BUILD_TIMEOUT: 'timeout',
    BUILD_CANCELLED: 'cancelled',
    BUILD_RUNNING: 'running',
    BUILD_PENDING: 'pending',
  }),
);

const statusColours: Record<string, Style> = {
  ok: 'green',
  error: 'red',
  timeout: 'red',
  cancelled: 'yellow',
  running: 'cyan',
  pending: 'blue',
};

/**
 * Returns the word that is printed for the status of a build: ok, error, timeout, cancelled, running, pending or
 * unknown.
 */
export const statusWord = (status: string): string => statusWords.get(status) ?? 'unknown';

/**
 * Tells whether a build has ended. If this version of the client does not know the build's status, an end time decides.
 */
export const hasEnded = ({ status, end_time }: Build): boolean =>
  ['ok', 'error', 'timeout', 'cancelled'].includes(statusWord(status)) || Boolean(end_time);

const environmentOf = (build: Build): string[] =>
  Object.entries(build.parameters?.envvars ?? {}).map(([name, value]) => `${name}=${value}`);

/**
 * Returns a build as the JSON of Toolforge's Python client shows it: the same keys in the same order, and N/A for
 * missing values.
 */
const compatibleBuild = (build: Build) => {
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
};

/** Returns the object that `toolforge-build list --json` prints. */
export const listJson = ({ messages, builds }: ListResponse) => ({ messages, builds: builds.map(compatibleBuild) });
/** Returns the object that `toolforge-build show --json` prints. */
export const showJson = ({ messages, build }: GetResponse) => ({ messages, build: compatibleBuild(build) });

const statusCell = (build: Build, { paint }: Terminal): Cell => {
  const word = statusWord(build.status);
  const text = build.queue_position ? `${word} (#${build.queue_position} in queue)` : word;
  return { text, paint: (cell) => paint(statusColours[word] ?? 'dim', cell) };
};

/** Returns a table cell without colours. A missing or empty text is shown as -. */
const plainCell = (text: string | undefined): Cell => ({ text: printable(text ?? '') || '-' });

const source = ({ parameters }: Build) =>
  `${parameters?.source_url ?? ''}${parameters?.ref ? `@${parameters.ref}` : ''}`;

const listColumns: Column[] = [
  { title: 'ID' },
  { title: 'STATUS' },
  { title: 'STARTED' },
  { title: 'SOURCE', shrinkTo: 20, keep: 'end' },
  { title: 'IMAGE', shrinkTo: 10 },
];

/**
 * Returns the table that `toolforge-build list` prints, with one build per line. A narrow terminal cuts the
 * repository's URL and the image's name, never the build's id.
 */
export const listLines = (builds: Build[], terminal: Terminal): string[] => {
  const rows = builds.map((build) => [
    plainCell(build.build_id),
    statusCell(build, terminal),
    plainCell(build.start_time),
    plainCell(source(build)),
    plainCell(build.destination_image),
  ]);
  return table(listColumns, rows, terminal.columns, (text) => terminal.paint('bold', text));
};

const logStates = new Map(
  Object.entries({
    live: 'growing',
    complete: 'complete',
    truncated: 'truncated: a part is missing',
    lost: 'lost',
  }),
);

const cells = (texts: string[]): Cell[] => (texts.length > 0 ? texts.map(plainCell) : [plainCell('')]);

const commit = ({ resolved_ref }: Build) =>
  resolved_ref ? [['Commit', [plainCell(resolved_ref)]] as [string, Cell[]]] : [];

/** Returns the lines that `toolforge-build show` prints about a build, with one field per line. */
export const showLines = (build: Build, terminal: Terminal): string[] => {
  const { parameters } = build;
  const message = build.message ? printableLines(build.message) : [];
  return fields([
    ['Build', [plainCell(build.build_id)]],
    ['Status', [statusCell(build, terminal)]],
    ['Message', cells(message)],
    ['Started', [plainCell(build.start_time)]],
    ['Finished', [plainCell(build.end_time)]],
    ['Source', [plainCell(parameters?.source_url)]],
    ['Ref', [plainCell(parameters?.ref)]],
    ...commit(build),
    ['Environment', cells(environmentOf(build))],
    ['Latest versions', [plainCell(parameters?.use_latest_versions ? 'yes' : 'no')]],
    ['Image', [plainCell(build.destination_image)]],
    ...(build.log ? [['Log', [plainCell(logStates.get(build.log) ?? build.log)]] as [string, Cell[]]] : []),
  ]);
};
