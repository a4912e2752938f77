import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type GitResult, git } from './git.ts';
import { exitCodes, PhaseError, type Say } from './phase.ts';

export type FetchRequest = {
  /** URL of the git repository, http or https. */
  url: string;
  /** Hash of the commit to fetch: 40 hexadecimal digits, or 64 where the repository uses SHA-256. */
  commit: string;
  /** The git ref that the user named: a branch, a tag, a full ref, or an empty text for the default branch. */
  ref: string;
  /** Folder into which the commit is fetched: an initialised git repository without a remote. */
  folder: string;
  /** Limit for the transfer of a git repository, in bytes on disk. */
  maxBytes: number;
  /** Time limit for the transfer of a git repository, in seconds. */
  maxSeconds: number;
};

/** Patterns of git's error messages, each with the sentence that tells the user what to do. The first match counts. */
const explanations: [RegExp, string][] = [
  [
    /from proxy after CONNECT|could not resolve proxy|error: 407/i,
    "The proxy of this machine doesn't reach the repository: check HTTPS_PROXY and NO_PROXY of the embedded platform.",
  ],
  [/could not resolve host/i, "The repository's host name doesn't exist: check the address."],
  [
    /could not read (username|password)|authentication failed|HTTP 40[13]|error: 40[13]/i,
    "The repository doesn't exist or isn't public: only repositories that need no password can be built.",
  ],
  [/error: 404|repository '.*' not found|HTTP 404/i, 'There is no repository at this address: check it.'],
  [/error: 30\d|unable to update url base from redirection/i, 'The address redirects elsewhere: use the new one.'],
  [/transport '.*' not allowed|unsupported protocol|not supported/i, 'Only http and https addresses can be built.'],
  [/operation too slow|timed out|timeout/i, 'The server answers too slowly: try again later.'],
  [/connection refused|failed to connect|couldn't connect/i, "The repository's server can't be reached."],
  [/certificate|SSL/i, "The server's certificate isn't trusted: the repository needs a valid one."],
  [/unexpected disconnect|early EOF|RPC failed|hung up|empty reply/i, 'The server broke the connection: try again.'],
  [/not valid: is this a git repository|unable to parse|bad line length|protocol error/i, 'This is no git repository.'],
];

/** Matches the errors of git after which the commit is requested in another way, such as by its branch. */
const worthAnotherWay =
  /not our ref|unadvertised object|couldn't find remote ref|remote ref|dumb http|does not support shallow|no such remote ref|shallow/i;

/**
 * Option of `git fetch` for the whole history. Unlike --unshallow, it is allowed in the first fetch of a repository.
 */
const wholeHistory = '--depth=2147483647';

const explain = (stderr: string): string => {
  const known = explanations.find(([pattern]) => pattern.test(stderr))?.[1];
  const said = stderr.trim().split('\n').slice(-3).join('\n');
  return known === undefined ? `git fetch failed:\n${said}` : `${known}\n${said}`;
};

/** Returns the size of a folder in bytes. A file that git removes meanwhile counts as 0. */
const folderSize = async (folder: string): Promise<number> => {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  const sizes = files.map(
    async (entry) => (await lstat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size,
  );
  return (await Promise.all(sizes)).reduce<number>((sum, size) => sum + (size ?? 0), 0);
};

/** Runs a git transfer, and ends it when it is too large or takes too long. @throws PhaseError 128 */
const limited = async ({ folder, maxBytes, maxSeconds }: FetchRequest, words: string[]): Promise<GitResult> => {
  const controller = new AbortController();
  const watch = setInterval(async () => {
    if ((await folderSize(folder)) > maxBytes) controller.abort(`larger than ${maxBytes} bytes`);
  }, 500);
  const limit = setTimeout(() => controller.abort(`not transferred within ${maxSeconds} seconds`), maxSeconds * 1000);
  try {
    const result = await git(words, { folder, signal: controller.signal });
    if (!controller.signal.aborted) return result;
    throw new PhaseError(exitCodes.clone, `The repository is ${controller.signal.reason}: build a smaller one.`);
  } finally {
    clearInterval(watch);
    clearTimeout(limit);
  }
};

/** The hash of a commit: 40 hexadecimal digits, or 64 where the repository uses SHA-256. */
export const commitPattern = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/** Returns the full names that a short git ref can mean, in git's own order. @see gitrevisions(7) */
export const fullNames = (ref: string): string[] => {
  if (ref === '' || ref === 'HEAD') return ['HEAD'];
  if (commitPattern.test(ref)) return [];
  if (/[\s~^:?*[\\]|\.\.|@\{|^[-+/]|\/$/.test(ref)) return [];
  return ref.startsWith('refs/') ? [ref] : [`refs/tags/${ref}`, `refs/heads/${ref}`, `refs/${ref}`];
};

/**
 * Tells whether the commit was fetched.
 * @throws PhaseError 128 where the hash is the hash of another kind of object
 */
const isFetched = async ({ commit, folder }: FetchRequest): Promise<boolean> => {
  const { exitCode, stdout } = await git(['cat-file', '-t', commit], { folder });
  const type = stdout.trim();
  if (exitCode !== 0 || type === 'commit') return exitCode === 0;
  throw new PhaseError(exitCodes.clone, `${commit} is no commit, but a ${type}. Build a branch, or a tag of a commit.`);
};

/**
 * Fetches one commit by its hash. If the server refuses hashes, fetches the ref: first without the ref's history, then
 * with the history, because the ref may have moved since it was resolved. The last attempts set no depth, because a
 * server that only serves static files does not support a depth.
 * @throws PhaseError 128 when the commit can't be fetched
 */
export const fetchCommit = async (request: FetchRequest, say: Say): Promise<void> => {
  const { url, commit, ref } = request;
  const names = fullNames(ref);
  const ways = [
    ['--depth=1', '--', url, commit],
    ...names.map((name) => ['--depth=1', '--', url, name]),
    ...names.map((name) => [wholeHistory, '--', url, name]),
    ...names.map((name) => ['--', url, name]),
  ];
  let last = '';
  for (const way of ways) {
    const result = await limited(request, ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', ...way]);
    if (await isFetched(request)) return;
    if (result.exitCode !== 0 && !worthAnotherWay.test(result.stderr)) {
      throw new PhaseError(exitCodes.clone, explain(result.stderr));
    }
    if (last === '') say('The server gives no commit by its hash: fetching the branch or tag instead');
    last = result.stderr || `${way.at(-1)} doesn't contain it`;
  }
  const named = ref === '' ? 'the default branch' : `"${ref}"`;
  const hint = `The commit ${commit} can't be found in ${named}: it was removed or replaced meanwhile. Start the build again.`;
  throw new PhaseError(exitCodes.clone, `${hint}\n${last.trim()}`);
};
