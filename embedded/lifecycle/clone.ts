/** Step clone of the embedded pipeline: checks out the files of one commit, without the folder .git. */
import { mkdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fetchCommit } from './fetch-commit.ts';
import { git } from './git.ts';
import { decoded, exitCodes, PhaseError, readArguments, runPhase, type Say } from './phase.ts';

const limits = { bytes: 1024 ** 3, files: 200_000, seconds: 900 };

type Contents = { files: number; bytes: number; submodules: number; unreadable: string[] };

/** Adds up the files and bytes of a commit before they are written to disk. Stops when a limit is exceeded. */
const countContents = async (folder: string, commit: string, maxBytes: number): Promise<Contents> => {
  const counted: Contents = { files: 0, bytes: 0, submodules: 0, unreadable: [] };
  const controller = new AbortController();
  let rest = Buffer.alloc(0);
  const onOutput = (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
      countEntry(rest.subarray(0, end), counted);
      rest = rest.subarray(end + 1);
    }
    if (counted.bytes > maxBytes || counted.files > limits.files) controller.abort();
  };
  const { exitCode, stderr } = await git(['ls-tree', '-r', '-l', '-z', '--full-tree', commit], {
    folder,
    onOutput,
    signal: controller.signal,
  });
  if (exitCode !== 0 && !controller.signal.aborted) throw new PhaseError(exitCodes.clone, stderr.trim());
  return counted;
};

/** Parses one entry of `git ls-tree`: mode, type, hash and size, a tab, the file name in any encoding. */
const countEntry = (entry: Buffer, counted: Contents): void => {
  const tab = entry.indexOf(9);
  const [, type, , size] = entry.subarray(0, tab).toString().split(/ +/);
  const name = entry.subarray(tab + 1).toString();
  if (type === 'commit') counted.submodules += 1;
  else counted.files += 1;
  if (name.includes('\ufffd') && counted.unreadable.length < 3) counted.unreadable.push(name);
  counted.bytes += Number(size) || 0;
};

const checkContents = ({ files, bytes, submodules, unreadable }: Contents, maxBytes: number, say: Say): void => {
  const fail = (sentence: string) => {
    throw new PhaseError(exitCodes.clone, sentence);
  };
  if (bytes > maxBytes) fail(`The commit's files are larger than ${maxBytes} bytes: build a smaller repository.`);
  if (files > limits.files) fail(`The commit has more than ${limits.files} files: build a smaller repository.`);
  if (unreadable[0] !== undefined) fail(`A file's name isn't valid UTF-8: ${unreadable[0]}. Rename it.`);
  if (files === 0) fail('The commit has no files: there is nothing to build.');
  if (submodules > 0) say(`Warning: ${submodules} submodules are left out; only this repository's own files are built`);
};

const checkOut = async (folder: string, commit: string): Promise<void> => {
  const { exitCode, stderr } = await git(['checkout', '--quiet', '--force', '--detach', commit], { folder });
  if (exitCode !== 0) throw new PhaseError(exitCodes.clone, `The files can't be written:\n${stderr.trim()}`);
};

const clone = async (words: string[], say: Say): Promise<void> => {
  const { values } = readArguments(words, ['url', 'commit', 'ref', 'app'], ['max-bytes', 'max-seconds']);
  const { url = '', commit = '' } = values;
  const ref = decoded(values.ref ?? '');
  const folder = resolve(values.app ?? '');
  const maxBytes = Number(values['max-bytes'] ?? limits.bytes);
  const maxSeconds = Number(values['max-seconds'] ?? limits.seconds);
  if (!/^https?:\/\//.test(url)) throw new PhaseError(exitCodes.clone, 'Only http and https addresses can be built.');
  if (!/^[0-9a-f]{40}$/.test(commit)) throw new PhaseError(exitCodes.clone, `"${commit}" is no commit's hash.`);

  say(`Fetching ${commit}${ref === '' ? '' : ` (${ref})`}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await git(['init', '--quiet', '--template=', '--initial-branch=build'], { folder });
  await fetchCommit({ url, commit, ref, folder, maxBytes, maxSeconds }, say);
  const contents = await countContents(folder, commit, maxBytes);
  checkContents(contents, maxBytes, say);
  await checkOut(folder, commit);
  await rm(resolve(folder, '.git'), { recursive: true, force: true });
  say(`Commit ${commit}: ${contents.files} files, ${contents.bytes} bytes`);
};

await runPhase('clone', clone);
