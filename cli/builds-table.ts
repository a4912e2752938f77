import type { Build } from '../openapi/generated/types.ts';
import { shortId } from './build-ids.ts';
import { ageText, durationText } from './durations.ts';
import { hasEnded, statusColours, statusWord } from './format-builds.ts';
import { printable } from './printable.ts';
import { type Cell, type Column, table } from './table.ts';
import type { Terminal } from './terminal.ts';

/** A build, the builds of its list, and the present time in milliseconds since 1970. */
type Row = { build: Build; builds: Build[]; now: number; terminal: Terminal };
type ShownColumn = Column & { cell: (row: Row) => Cell };

/** Number of hexadecimal digits of a commit that a terminal shows, as git does. */
const shortCommitLength = 7;

const plain = (text: string | undefined): Cell => ({ text: printable(text ?? '') || '-' });

const dim = (text: string, { terminal }: Row): Cell => ({ text, paint: (cell) => terminal.paint('dim', cell) });

const statusCell = ({ build, terminal }: Row): Cell => {
  const word = statusWord(build.status);
  const text = build.queue_position ? `${word} #${build.queue_position}` : word;
  return { text, paint: (cell) => terminal.paint(statusColours[word] ?? 'dim', cell) };
};

const timeOf = (text: string | undefined): number | undefined => {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? undefined : ms;
};

const ageCell = ({ build, now }: Row): Cell => {
  const started = timeOf(build.start_time);
  return plain(started === undefined ? '' : ageText(now - started));
};

/** Returns how long a build took, or how long a running build has been running. */
const durationCell = ({ build, now }: Row): Cell => {
  const started = timeOf(build.start_time);
  const ended = timeOf(build.end_time) ?? (hasEnded(build) ? undefined : now);
  return plain(started === undefined || ended === undefined ? '' : durationText(ended - started));
};

/** Returns the ref that the user asked for. A build without one has built the repository's HEAD. */
const refCell = ({ build }: Row): Cell => plain(build.parameters?.ref || (build.parameters ? 'HEAD' : ''));

const commitOf = (build: Build): string => build.resolved_commit || build.resolved_ref || '';

const hasImage = (build: Build): boolean => statusWord(build.status) === 'ok' && Boolean(build.destination_image);

/** Returns the name of an image without the registry and the digest: tool-demo/web:latest. */
const imageName = (image: string): string => {
  const [name = ''] = image.split('@');
  const [first = '', ...others] = name.split('/');
  return others.length > 0 && /[.:]|^localhost$/.test(first) ? others.join('/') : name;
};

/**
 * Returns the image of a build that succeeded. A later build of the same name has taken the name away from the image: an
 * image without its name is shown as "replaced".
 */
const imageCell = (row: Row): Cell => {
  const { build, builds } = row;
  if (!hasImage(build)) return plain('');
  const name = imageName(build.destination_image);
  const newest = builds.find((other) => hasImage(other) && imageName(other.destination_image) === name);
  return newest === build ? plain(name) : dim('replaced', row);
};

/** Columns on a terminal, the most important first. A narrow terminal cuts the last ones, and then leaves them out. */
const terminalColumns: ShownColumn[] = [
  { title: 'ID', cell: ({ build }) => plain(shortId(build.build_id)) },
  { title: 'STATUS', shrinkTo: 4, cell: statusCell },
  { title: 'AGE', drop: 1, cell: ageCell },
  { title: 'DURATION', drop: 2, cell: durationCell },
  { title: 'REF', shrinkTo: 8, drop: 3, cell: refCell },
  { title: 'COMMIT', drop: 4, cell: ({ build }) => plain(commitOf(build).slice(0, shortCommitLength)) },
  { title: 'IMAGE', shrinkTo: 20, keep: 'end', drop: 5, cell: imageCell },
  { title: 'SOURCE', shrinkTo: 24, keep: 'end', drop: 6, cell: ({ build }) => plain(build.parameters?.source_url) },
];

/** Columns for programs: nothing is cut, and nothing depends on the present time but the duration of a running build. */
const pipeColumns: ShownColumn[] = [
  { title: 'ID', cell: ({ build }) => plain(build.build_id) },
  { title: 'STATUS', cell: statusCell },
  { title: 'STARTED', cell: ({ build }) => plain(build.start_time) },
  { title: 'DURATION', cell: durationCell },
  { title: 'REF', cell: refCell },
  { title: 'COMMIT', cell: ({ build }) => plain(commitOf(build)) },
  { title: 'IMAGE', cell: ({ build }) => plain(hasImage(build) ? build.destination_image : '') },
  { title: 'SOURCE', cell: ({ build }) => plain(build.parameters?.source_url) },
];

/**
 * Returns the table that `toolforge-build list` prints, with one build per line.
 * @param all every build of the tool, newest first, also those that the table leaves out
 * @param now the present time in milliseconds since 1970
 */
export const buildLines = (
  builds: readonly Build[],
  all: Build[],
  terminal: Terminal,
  now: number,
): Promise<string[]> => {
  const columns = terminal.columns === undefined ? pipeColumns : terminalColumns;
  const rows = builds.map((build) => columns.map(({ cell }) => cell({ build, builds: all, now, terminal })));
  // A terminal has no room for a column that says nothing, such as the images of a tool whose builds all failed.
  const shown = columns.map(({ drop }, at) => drop === undefined || rows.some((cells) => cells[at]?.text !== '-'));
  return table(
    columns.filter((_, at) => shown[at]),
    rows.map((cells) => cells.filter((_, at) => shown[at])),
    terminal.columns,
    (text) => terminal.paint('bold', text),
  );
};
