/**
 * A command line that Toolforge's Python CLI 0.0.24 accepts, and what becomes of it in both clients. `URL` stands for a
 * repository, `ID` for a build that waits in the queue, `RUNNING` for the one that runs, `LATEST` for any other build.
 */
export type Row = {
  args: string[];
  /** Text on standard input. Default: none. */
  stdin?: string;
  /** Exit codes of the Python CLI and of ours. Ours tells failures apart: see cli/README.md. Default: 0 for both. */
  codes?: { python: number; ours: number };
  /** Requests that both clients send, in this order, as `METHOD PATH`. */
  requests?: string[];
  /** The JSON body of a start. */
  body?: object;
  /** Pattern of what both clients print, on standard output or standard error. */
  prints?: RegExp;
  /** Whether the values of the Python CLI's JSON are also in ours, under the same keys. */
  json?: true;
  /** Why our client does something else than the Python CLI, which then need not send the same requests. */
  differs?: string;
};

/** Why our client lists the builds for a name that the Python CLI takes for a whole id. */
const anyEnd = 'a build is named by any end of its id';

const refused = { python: 1, ours: 2 };
const detached = ['start', 'URL', '-D'];
const start = (words: string[], body: object = {}, first: string[] = detached): Row => ({
  args: [...first, ...words],
  requests: ['POST /builds'],
  body: { source_url: 'URL', ...body },
  prints: /Building 'URL', build name is 'LATEST'/,
});

const starts: Row[] = [
  start([]),
  start([], {}, ['start', '--detach', 'URL']),
  start(['--ref', 'main'], { ref: 'main' }),
  start(['--ref', ''], {}),
  start(['-i', 'web'], { image_name: 'web' }),
  start(['--image-name=web'], { image_name: 'web' }),
  start(['-e', 'AAA=1', '--envvar', 'BBB=x=y', '-eCCC='], { envvars: { AAA: '1', BBB: 'x=y', CCC: '' } }),
  start(['--envvar', 'USE_NPM_INSTALL'], { envvars: { USE_NPM_INSTALL: 'USE_NPM_INSTALL' } }),
  start(['-e', 'AAA=1', '-e', 'AAA=2'], { envvars: { AAA: '2' } }),
  start(['-L'], { use_latest_versions: true }),
  start(['--use-latest-versions'], { use_latest_versions: true }),
  { ...start(['--json']), prints: /"new_build"/ },
  { args: ['start'], codes: refused, prints: /Please provide a git url/ },
  { args: ['start', ''], codes: refused, prints: /Please provide a git url/ },
  { args: ['start', 'ssh://example.org/x.git', '-D'], codes: refused, requests: ['POST /builds'], prints: /https/ },
];

const reads: Row[] = [
  { args: ['list'], requests: ['GET /builds'], prints: /URL/ },
  { args: ['list', '--json'], requests: ['GET /builds'], json: true },
  { args: ['show'], requests: ['GET /builds/latest'], prints: /^Status: pending/m },
  { args: ['show', 'ID'], requests: ['GET /builds/ID'], prints: /^Build ID: ID$/m },
  { args: ['show', '--json', 'ID'], requests: ['GET /builds/ID'], json: true },
  { args: ['show', 'none'], codes: { python: 1, ours: 3 }, differs: anyEnd, prints: /^Error: /m },
  { args: ['quota'], requests: ['GET /quotas'], prints: /^Limit +\S+\nUsed +\S+\nAvailable +\S+\nCapacity +\d+%$/m },
  { args: ['quota', '--json'], requests: ['GET /quotas'], json: true },
];

const logs: Row[] = [
  { args: ['logs'], requests: ['GET /builds/latest', 'GET /builds/LATEST/logs'] },
  { args: ['logs', 'RUNNING'], requests: ['GET /builds/RUNNING/logs'], prints: /\[step-clone\]/ },
  { args: ['logs', 'none'], codes: { python: 1, ours: 3 }, differs: anyEnd, prints: /^Error: /m },
];

const changes: Row[] = ['cancel', 'delete'].flatMap((command): Row[] => {
  const request = command === 'cancel' ? 'PUT /builds/ID/cancel' : 'DELETE /builds/ID';
  const done = command === 'cancel' ? /^Cancelled 1 build/m : /^Deleted 1 build/m;
  const question = new RegExp(`I'm going to ${command} 1 build`);
  return [
    { args: [command, '-y', 'ID'], requests: [request], prints: done },
    { args: [command, 'ID', '--yes-i-know'], requests: [request], prints: done },
    { args: [command, 'ID'], stdin: 'y\n', requests: [request], prints: question },
    { args: [command, 'ID'], stdin: 'n\n', codes: { python: 1, ours: 130 }, requests: [], prints: question },
    { args: [command, 'ID'], codes: refused, requests: [], prints: question },
    { args: [command], codes: refused, requests: [], prints: new RegExp(`No build passed to ${command}`) },
    {
      args: [command, '-y', 'none'],
      codes: { python: 1, ours: 3 },
      differs: anyEnd,
      prints: /^Error: /m,
    },
  ];
});

const clean: Row[] = [
  { args: ['clean', '-y'], requests: ['POST /clean'], prints: /Nothing to clean up/ },
  { args: ['clean', '--yes-i-know', '--json'], requests: ['POST /clean'], json: true },
  { args: ['clean'], stdin: 'y\ny\ny\n', requests: ['POST /clean'], prints: /\[y\/N\]/ },
  { args: ['clean'], stdin: 'n\n', codes: { python: 1, ours: 130 }, requests: [], prints: /\[y\/N\]/ },
];

const others: Row[] = [
  { args: ['_commands'], requests: [], prints: /^cancel\nclean\n[\s\S]*^start\n/m },
  { args: ['--version'], requests: [], prints: /^Toolforge Builds CLI, version \d/ },
  { args: ['--help'], requests: [], prints: /Usage: toolforge-build \[OPTIONS\] COMMAND/ },
  { args: [], codes: { python: 2, ours: 2 }, requests: [], prints: /Usage: toolforge-build \[OPTIONS\] COMMAND/ },
  { args: ['nothing'], codes: { python: 2, ours: 2 }, requests: [], prints: /^Error: .*nothing/m },
  { args: ['list', '--nothing'], codes: { python: 2, ours: 2 }, requests: [], prints: /^Error: .*nothing/m },
  { args: ['show', 'a', 'b'], codes: { python: 2, ours: 2 }, requests: [], prints: /^Error: .*b/m },
  ...['-v', '--verbose', '-d', '--debug'].map((flag) => ({ args: [flag, 'list'], requests: ['GET /builds'] })),
  ...['start', 'logs', 'list', 'show', 'cancel', 'delete', 'quota', 'clean', '_commands'].map((command) => ({
    args: [command, '--help'],
    requests: [],
    prints: new RegExp(`Usage: toolforge-build ${command}`),
  })),
];

/** Rows that change all builds of the tool. They come last. */
const all: Row[] = [
  {
    args: ['cancel', '--all', '-y'],
    differs: 'the Python CLI cancels nothing with --all',
    prints: /^Cancelled \d+ build/m,
  },
  { args: ['logs', '-f', 'RUNNING'], requests: ['GET /builds/RUNNING/logs'], prints: /still building/ },
  { args: ['logs', '--follow', 'RUNNING'], requests: ['GET /builds/RUNNING/logs'], prints: /still building/ },
  { args: ['start', 'URL', '-D', '--json'], requests: ['POST /builds'], prints: /"new_build"/ },
  { args: ['delete', '--all', '--yes-i-know'], differs: 'the first client deletes all', prints: /^Deleted \d+ build/m },
  { args: ['list'], requests: ['GET /builds'], prints: /No builds found/ },
  {
    args: ['list', '--json'],
    requests: ['GET /builds'],
    differs: 'without builds the Python CLI prints a sentence',
    prints: /No builds found|"builds": \[\]/,
  },
  {
    args: ['show'],
    codes: { python: 1, ours: 3 },
    requests: ['GET /builds/latest'],
    prints: /^Error: No builds exist yet/m,
  },
];

/** Command lines with every command and option of Toolforge's Python CLI 0.0.24. */
export const rows: Row[] = [...starts, ...reads, ...logs, ...changes, ...clean, ...others, ...all];
