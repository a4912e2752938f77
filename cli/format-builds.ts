import type { Build, GetResponse, ListResponse } from '../openapi/generated/types.ts';
import { printable, printableLines } from './printable.ts';
import type { Cell } from './table.ts';
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

/** Colours of the words for statuses. */
export const statusColours: Record<string, Style> = {
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

/** All words for the statuses of builds. */
export const knownStatuses = [...statusWords.values(), 'unknown'];

/**
 * Tells whether a build has ended. If this version of the client does not know the build's status, an end time decides.
 */
export const hasEnded = ({ status, end_time }: Build): boolean =>
  ['ok', 'error', 'timeout', 'cancelled'].includes(statusWord(status)) || Boolean(end_time);

const environmentOf = (build: Build): string[] =>
  Object.entries(build.parameters?.envvars ?? {}).map(([name, value]) => `${name}=${value}`);

/** Text for a value that a build does not have, as in Toolforge's Python client. */
const absent = 'N/A';

/**
 * Returns a build as the JSON of Toolforge's Python client shows it: the same keys in the same order, and N/A for
 * missing values. Keys of our own follow after the Python client's keys.
 */
const compatibleBuild = (build: Build) => {
  const environment = environmentOf(build);
  return {
    build_id: build.build_id,
    start_time: build.start_time || absent,
    end_time: build.end_time || absent,
    status: statusWord(build.status),
    message: build.message ?? '',
    ref: build.parameters?.ref || absent,
    envvars: environment.length > 0 ? environment : [absent],
    source_url: build.parameters?.source_url ?? '',
    use_latest_versions: build.parameters?.use_latest_versions ?? false,
    destination_image: build.destination_image ?? '',
    resolved_ref: build.resolved_ref || absent,
    resolved_commit: build.resolved_commit || build.resolved_ref || absent,
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

const logStates = new Map(
  Object.entries({
    live: 'growing',
    complete: 'complete',
    truncated: 'truncated: a part is missing',
    lost: 'lost',
  }),
);

/** Returns a value after its name and one space, so that scripts find `Status: ok`. Further lines of a value are indented. */
const field = (name: string, value: string | readonly string[] | undefined): string[] => {
  const [first, ...others] = (typeof value === 'string' ? [value] : (value ?? [])).map(printable);
  return [`${name}: ${first || absent}`, ...others.map((line) => `    ${line}`)];
};

/**
 * Returns the lines that `toolforge-build show` prints about a build, with one field per line. Scripts search these
 * lines, so the names are those of Toolforge's Python client, and the colour of the status begins before its name.
 */
export const showLines = (build: Build, terminal: Terminal): string[] => {
  const { parameters, message, log } = build;
  const status = statusCell(build, terminal);
  return [
    ...field('Build ID', build.build_id),
    ...field('Start Time', build.start_time),
    ...field('End Time', build.end_time),
    ...field('Status', status.text).map((line) => status.paint?.(line) ?? line),
    ...field('Message', printableLines(message?.trim() ?? '')),
    ...field('Source URL', parameters?.source_url),
    ...field('Ref', parameters?.ref),
    ...field('Commit', build.resolved_commit || build.resolved_ref),
    ...field('Envvars', environmentOf(build)),
    ...field('Use latest versions', parameters?.use_latest_versions ? 'True' : 'False'),
    ...field('Destination Image', build.destination_image),
    ...(log ? field('Log', logStates.get(log) ?? log) : []),
  ];
};
