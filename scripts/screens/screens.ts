import { exitCodes } from '../../cli/failure.ts';
import type { Scene } from './scene.ts';

/** Widths of the terminals, in characters. */
export const widths = [80, 110, 160] as const;

/** A command whose output is shown. */
export type Screen = {
  /** Start of the names of the files. */
  name: string;
  title: string;
  /** The command line, without `toolforge-build`. */
  args: (scene: Scene) => string[];
  /** Options that a reader need not see. @param place differs for each width and for a pipe */
  more?: (place: string) => string[];
  /** Ends the command by Ctrl-C when its output matches: on a terminal, and in a pipe. */
  until?: { terminal: RegExp; pipe: RegExp };
  /** Runs before the command is shown the first time. */
  prepare?: (scene: Scene) => Promise<unknown>;
  /** Runs each time after the command. */
  after?: (scene: Scene) => Promise<unknown>;
};

/** Returns options of a start by which its build has the same id each time. */
const keyed = (key: string): string[] => ['--idempotency-key', `screens ${key}`.replaceAll(' ', '-')];

const startBehind = (scene: Scene, seconds: number, key: string, ...more: string[]): Promise<void> =>
  scene.run(['start', scene.url('web'), '-e', `BUILD_SECONDS=${seconds}`, '-D', ...keyed(key), ...more]);

/** Cancels the newest build, and waits until it has ended. */
const cancelLatest = async (scene: Scene): Promise<void> => {
  await scene.run(['cancel', 'latest', '-y']);
  await scene.run(['wait', 'latest'], exitCodes.buildFailed);
};

/** Starts builds that go on, one build that waits, and one that is cancelled. */
const fillList = async (scene: Scene): Promise<void> => {
  await scene.run(['start', scene.url('web'), ...keyed('second')]);
  await startBehind(scene, 300, 'cancelled', '--ref', 'main');
  await cancelLatest(scene);
  for (const key of ['first running', 'second running', 'queued']) await startBehind(scene, 300, key);
};

export const screens: Screen[] = [
  {
    name: 'start-running',
    title: 'A build that is running',
    prepare: (scene) => scene.run(['start', scene.url('web'), '-e', 'BUILD_SECONDS=15', ...keyed('first')]),
    args: (scene) => ['start', scene.url('web'), '-e', 'BUILD_SECONDS=60'],
    more: (place) => keyed(`running ${place}`),
    until: { terminal: /quiet for 6 s/, pipe: /Compiling/ },
    after: cancelLatest,
  },
  {
    name: 'start-failed',
    title: 'A build that failed',
    args: (scene) => ['start', scene.url('bot')],
    more: (place) => keyed(`failed ${place}`),
  },
  { name: 'list', title: 'The list of builds', prepare: fillList, args: () => ['list', '--limit', '8'] },
  { name: 'quota', title: 'The quota', args: () => ['quota'] },
];

/** Name of the file with a screen at a width, or in a pipe. */
export const fileOf = ({ name }: Screen, columns: number | undefined): string =>
  columns === undefined ? `${name}.txt` : `${name}-${columns}.svg`;

/** Returns the page that shows all pictures. */
export const pageOf = (): string => {
  const sections = screens.flatMap((screen) => [
    `## ${screen.title}`,
    '',
    ...widths.map((columns) => `![${screen.title}, ${columns} columns](${fileOf(screen, columns)})\n`),
    `In a pipe: [${fileOf(screen, undefined)}](${fileOf(screen, undefined)})`,
    '',
  ]);
  const introduction =
    'What `toolforge-build` prints on terminals of several widths and in a pipe. `npm run docs:screens` makes these files.';
  return `# Screens\n\n${introduction}\n\n${sections.join('\n').trimEnd()}\n`;
};
