/** Step clone of the embedded pipeline: checks out the files of one commit, without the folder .git. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { checkContents, countContents } from './contents.ts';
import { commitPattern, fetchCommit } from './fetch-commit.ts';
import { git } from './git.ts';
import { decoded, exitCodes, PhaseError, readArguments, runPhase, type Say } from './phase.ts';

const defaults = { bytes: 1024 ** 3, seconds: 900 };

/**
 * Attributes of git that would change files while they are written, all switched off. The attributes ident and
 * working-tree-encoding make files larger, so that the checked size would not hold. This file has precedence over every
 * .gitattributes of the repository.
 * @see gitattributes(5)
 */
const writeAttributes = async (folder: string): Promise<void> => {
  const info = resolve(folder, '.git', 'info');
  await mkdir(info, { recursive: true });
  await writeFile(resolve(info, 'attributes'), '* -text -ident -filter !working-tree-encoding\n');
};

/** Makes a git repository that has commits with hashes as long as the hash of the commit. @throws PhaseError 128 */
const initialise = async (folder: string, commit: string): Promise<void> => {
  const format = commit.length === 64 ? 'sha256' : 'sha1';
  const words = ['init', '--quiet', '--template=', '--initial-branch=build', `--object-format=${format}`];
  const { exitCode, stderr } = await git(words, { folder });
  if (exitCode !== 0) throw new PhaseError(exitCodes.clone, `git init failed:\n${stderr.trim()}`);
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
  const maxBytes = Number(values['max-bytes'] ?? defaults.bytes);
  const maxSeconds = Number(values['max-seconds'] ?? defaults.seconds);
  if (!/^https?:\/\//.test(url)) throw new PhaseError(exitCodes.clone, 'Only http and https addresses can be built.');
  if (!commitPattern.test(commit)) throw new PhaseError(exitCodes.clone, `"${commit}" is no commit's hash.`);

  say(`Fetching ${commit}${ref === '' ? '' : ` (${ref})`}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await initialise(folder, commit);
  await fetchCommit({ url, commit, ref, folder, maxBytes, maxSeconds }, say);
  const contents = await countContents(folder, commit, maxBytes);
  checkContents(contents, maxBytes, say);
  await writeAttributes(folder);
  await checkOut(folder, commit);
  await rm(resolve(folder, '.git'), { recursive: true, force: true });
  say(`Commit ${commit}: ${contents.files} files, ${contents.bytes} bytes`);
};

await runPhase('clone', clone);
