import { git } from './git.ts';
import { exitCodes, PhaseError, type Say } from './phase.ts';

/** Describes a commit's files on disk. A folder that is in the commit several times counts each time. */
type Contents = {
  files: number;
  /** Number of folders. A submodule counts as a folder, because git makes an empty folder for it. */
  folders: number;
  bytes: number;
  /** Length of all paths together, in bytes. */
  pathBytes: number;
  /** Length of the longest path, in bytes. */
  longestPath: number;
  submodules: number;
  /** Names that are not valid UTF-8, at most three. */
  unreadable: string[];
};

const limits = {
  files: 200_000,
  folders: 200_000,
  pathBytes: 64 * 1024 ** 2,
  /** Longest path in bytes that Linux allows, with room for the path of the build's folder. */
  path: 3_072,
};

type Limit = { isPassed: (contents: Contents, maxBytes: number) => boolean; sentence: (maxBytes: number) => string };

/**
 * Limits for the contents of a commit. Each limit bounds something that a small repository can multiply without end: git
 * stores a folder once, however often the folder is in the commit.
 */
const contentLimits: readonly Limit[] = [
  {
    isPassed: ({ bytes }, maxBytes) => bytes > maxBytes,
    sentence: (maxBytes) => `The commit's files are larger than ${maxBytes} bytes: build a smaller repository.`,
  },
  {
    isPassed: ({ files }) => files > limits.files,
    sentence: () => `The commit has more than ${limits.files} files: build a smaller repository.`,
  },
  {
    isPassed: ({ folders }) => folders > limits.folders,
    sentence: () => `The commit has more than ${limits.folders} folders and submodules: build a smaller repository.`,
  },
  {
    isPassed: ({ longestPath }) => longestPath > limits.path,
    sentence: () => `A path in the commit is longer than ${limits.path} bytes: use shorter names and fewer levels.`,
  },
  {
    isPassed: ({ pathBytes }) => pathBytes > limits.pathBytes,
    sentence: () => `The paths of the commit's files have more than ${limits.pathBytes} bytes: use shorter names.`,
  },
];

const passedLimit = (contents: Contents, maxBytes: number): Limit | undefined =>
  contentLimits.find(({ isPassed }) => isPassed(contents, maxBytes));

/** Longest line of `git ls-tree` in bytes that is waited for: the longest path, and mode, type, hash and size. */
const maxEntryBytes = limits.path + 256;

const noContents = (): Contents => ({
  ...{ files: 0, folders: 0, bytes: 0, pathBytes: 0, longestPath: 0, submodules: 0 },
  unreadable: [],
});

/** Parses one entry of `git ls-tree`: mode, type, hash and size, a tab, the file name in any encoding. */
const countEntry = (entry: Buffer, counted: Contents): void => {
  const tab = entry.indexOf(9);
  const [, type, , size] = entry.subarray(0, tab).toString().split(/ +/);
  const path = entry.subarray(tab + 1);
  if (type === 'commit') counted.submodules += 1;
  if (type === 'blob') counted.files += 1;
  else counted.folders += 1;
  counted.pathBytes += path.length;
  counted.longestPath = Math.max(counted.longestPath, path.length);
  const name = path.toString();
  if (name.includes('\ufffd') && counted.unreadable.length < 3) counted.unreadable.push(name);
  counted.bytes += Number(size) || 0;
};

type Counter = {
  contents: Contents;
  /** Counts a chunk of git's output. Returns whether a limit is passed, so that the rest need not be read. */
  add: (chunk: Buffer) => boolean;
};

/** Makes a counter of the output of `git ls-tree -r -t -l -z`. @param maxBytes limit for all files together */
export const createCounter = (maxBytes: number): Counter => {
  const contents = noContents();
  let rest = Buffer.alloc(0);
  const add = (chunk: Buffer): boolean => {
    rest = Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0, start)) {
      countEntry(rest.subarray(start, end), contents);
      start = end + 1;
      if (passedLimit(contents, maxBytes)) return true;
    }
    rest = rest.subarray(start);
    // An entry without an end has a path that is too long. Its length so far is enough to say so.
    if (rest.length > maxEntryBytes) contents.longestPath = Math.max(contents.longestPath, rest.length);
    return rest.length > maxEntryBytes;
  };
  return { contents, add };
};

/**
 * Adds up the files, folders and bytes of a commit before they are written to disk. Folders are listed as well, so that
 * each step of the walk counts, and the walk ends soon after a limit is passed.
 * @throws PhaseError 128 when git can't list the commit
 */
export const countContents = async (folder: string, commit: string, maxBytes: number): Promise<Contents> => {
  const { contents, add } = createCounter(maxBytes);
  const controller = new AbortController();
  const onOutput = (chunk: Buffer) => {
    if (!controller.signal.aborted && add(chunk)) controller.abort();
  };
  const { exitCode, stderr } = await git(['ls-tree', '-r', '-t', '-l', '-z', '--full-tree', commit], {
    folder,
    onOutput,
    signal: controller.signal,
  });
  if (exitCode !== 0 && !controller.signal.aborted)
    throw new PhaseError(exitCodes.clone, `The commit's files can't be listed:\n${stderr.trim()}`);
  return contents;
};

/** Checks what a commit would write to disk. @throws PhaseError 128 for a commit that is too large or empty */
export const checkContents = (contents: Contents, maxBytes: number, say: Say): void => {
  const fail = (sentence: string) => {
    throw new PhaseError(exitCodes.clone, sentence);
  };
  const { files, submodules, unreadable } = contents;
  const limit = passedLimit(contents, maxBytes);
  if (limit) fail(limit.sentence(maxBytes));
  if (unreadable[0] !== undefined) fail(`A file's name isn't valid UTF-8: ${unreadable[0]}. Rename it.`);
  if (files === 0) fail('The commit has no files: there is nothing to build.');
  if (submodules > 0) say(`Warning: ${submodules} submodules are left out; only this repository's own files are built`);
};
