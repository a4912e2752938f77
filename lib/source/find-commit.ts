import { ApiError } from '../errors.ts';
import type { Ref } from './advertisement.ts';
import { sourceError } from './failures.ts';
import { looksAbbreviated } from './refs.ts';
import type { GitServer } from './server.ts';
import { similarNames } from './similar-names.ts';

/** A commit of a repository, and how the repository was asked for it. */
export type FoundCommit = {
  commit: string;
  /** Hash that the requested ref names, as `git ls-remote` prints it. For an annotated tag it is the tag's own object. */
  refHash: string;
  /** The ref that leads to the commit. Undefined where the commit was found by its hash alone. */
  ref: Ref | undefined;
};

/** Refs that were read during the search for a client's ref. An error sentence suggests some of them. */
type SeenRefs = { names: string[]; head: Ref | undefined };

const shortPrefixes = ['HEAD', 'refs/heads/', 'refs/tags/'];
const maxSeenNames = 5000;

const commitOf = (ref: Ref): string | undefined => ref.peeled ?? ref.hash;

const foundBy = (ref: Ref | undefined): FoundCommit | undefined => {
  const commit = ref && commitOf(ref);
  return commit === undefined ? undefined : { commit, refHash: ref?.hash ?? commit, ref };
};

const remember = (seen: SeenRefs, ref: Ref): void => {
  if (ref.name === 'HEAD') seen.head = ref;
  else if (seen.names.length < maxSeenNames) seen.names.push(ref.name);
};

/**
 * Reads refs of a git server until the best candidate is found, or to the end of the list.
 * @param candidates full names of refs, best first
 */
const search = async (
  refs: AsyncIterable<Ref>,
  candidates: readonly string[],
  seen: SeenRefs,
): Promise<Ref | undefined> => {
  let best: { ref: Ref; rank: number } | undefined;
  for await (const ref of refs) {
    remember(seen, ref);
    const rank = candidates.indexOf(ref.name);
    if (rank < 0 || (best !== undefined && best.rank <= rank)) continue;
    best = { ref, rank };
    if (rank === 0) break;
  }
  return best?.ref;
};

/**
 * Reads the names of all refs of a repository, for the hint in an error sentence. Does nothing where the search for the
 * ref has read them all. An error after the first names is ignored: a list of refs that is too long to read must not
 * hide that the requested ref is missing.
 */
const readAllNames = async (server: GitServer, seen: SeenRefs): Promise<void> => {
  if (server.listsAllRefs) return;
  try {
    await search(server.refs(shortPrefixes), [], seen);
  } catch (error) {
    if (!(error instanceof ApiError) || seen.names.length === 0) throw error;
  }
};

const empty = (): ApiError =>
  sourceError(
    'source_empty',
    'The repository is empty: it has no branch with a commit yet. Push a commit and start the build again.',
  );

/** Git itself keeps HEAD and branches at commits, so no request is spent on these refs. */
const isBranch = ({ name, target = name }: Ref): boolean => target === 'HEAD' || target.startsWith('refs/heads/');

/**
 * Checks that a ref leads to a commit: a tag, or a ref outside of branches and tags, can also lead to a file or a folder.
 * The clone step of the build checks that too, for git servers that can't tell.
 * @param requested the ref as the client wrote it
 * @throws ApiError 400 ref_not_found
 */
const checkKind = async (server: GitServer, found: FoundCommit, requested: string): Promise<FoundCommit> => {
  const { ref, refHash, commit } = found;
  if (ref === undefined || isBranch(ref)) return found;
  if ((await server.probe({ hash: refHash, commit })) !== 'other') return found;
  throw sourceError(
    'ref_not_found',
    `The ref ${requested} leads to no commit, but to a file or a folder. Give a branch, or a tag of a commit.`,
  );
};

const shortName = (name: string): string => name.replace(/^refs\/(heads|tags)\//, '');

/**
 * Returns the commit of a branch or tag.
 * @param candidates full names of refs, best first
 * @param requested the ref as the client wrote it
 * @throws ApiError 400 ref_not_found or source_empty
 */
export const findNamed = async (
  server: GitServer,
  candidates: readonly string[],
  requested: string,
): Promise<FoundCommit> => {
  const seen: SeenRefs = { names: [], head: undefined };
  const found = foundBy(await search(server.refs(candidates), candidates, seen));
  if (found !== undefined) return checkKind(server, found, requested);
  await readAllNames(server, seen);
  if (seen.names.length === 0) throw empty();
  throw sourceError('ref_not_found', `The repository has no branch or tag ${requested}.${hint(requested, seen)}`);
};

/**
 * Returns a hint for a client whose ref does not exist, as a sentence with a space before it. Empty where there is no
 * useful hint.
 */
const hint = (requested: string, seen: SeenRefs): string => {
  if (looksAbbreviated(requested)) return ' If it is a commit, give its full hash: shortened hashes are not resolved.';
  const similar = similarNames(requested, [...new Set(seen.names.map(shortName))]);
  if (similar.length > 0) return ` Did you mean ${similar.join(', ')}?`;
  return seen.head?.target === undefined ? '' : ` Its default branch is ${shortName(seen.head.target)}.`;
};

/** Returns the commit of a repository's default branch. @throws ApiError 400 ref_not_found or source_empty */
export const findDefault = async (server: GitServer): Promise<FoundCommit> => {
  const seen: SeenRefs = { names: [], head: undefined };
  const found = foundBy(await search(server.refs(['HEAD']), ['HEAD'], seen));
  if (found !== undefined) return checkKind(server, found, 'HEAD');
  await readAllNames(server, seen);
  if (seen.names.length === 0) throw empty();
  const some = seen.names.slice(0, 5).map(shortName).join(', ');
  throw sourceError(
    'ref_not_found',
    `The repository's default branch does not exist. Name another branch with ref, such as ${some}.`,
  );
};

/**
 * Finds a branch or tag by a hash: the hash of the commit that the branch or tag leads to, or the hash of an annotated
 * tag's own object.
 */
const refAt = async (server: GitServer, hash: string, seen: SeenRefs): Promise<FoundCommit | undefined> => {
  for await (const ref of server.refs(shortPrefixes)) {
    remember(seen, ref);
    const commit = commitOf(ref);
    if (commit !== undefined && (commit === hash || ref.hash === hash)) return { commit, refHash: hash, ref };
  }
  return undefined;
};

const commitProblems = {
  other: (hash: string) => `${hash} is not a commit of the repository, but another kind of object.`,
  absent: (hash: string) =>
    `The repository has no commit ${hash}, or no branch holds it any more. Push it and start the build again.`,
};

/**
 * Checks that a repository has a commit. The commit itself is requested first: the response is small, while a list of
 * refs may be long. Where a git server can't tell whether it has the commit, the build's clone step checks that.
 * @throws ApiError 400 ref_not_found or source_empty
 */
export const findCommit = async (server: GitServer, hash: string): Promise<FoundCommit> => {
  if (hash.length !== server.hashLength) {
    const lengths = `${server.hashLength} digits, not ${hash.length}`;
    throw sourceError('ref_not_found', `The repository's commit hashes have ${lengths}.`);
  }
  const probed = await server.probe({ hash, commit: hash });
  const unnamed = { commit: hash, refHash: hash, ref: undefined };
  if (probed === 'commit') return unnamed;
  const seen: SeenRefs = { names: [], head: undefined };
  const found = await refAt(server, hash, seen);
  const isTag = found !== undefined && found.commit !== hash;
  if (found !== undefined && (isTag || probed !== 'other')) return checkKind(server, found, hash);
  if (probed === 'other') throw sourceError('ref_not_found', commitProblems.other(hash));
  if (seen.names.length === 0) throw empty();
  if (probed === 'absent') throw sourceError('ref_not_found', commitProblems.absent(hash));
  return unnamed;
};
