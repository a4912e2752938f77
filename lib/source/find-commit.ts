import { ApiError } from '../errors.ts';
import type { Ref } from './advertisement.ts';
import { sourceError } from './failures.ts';
import { looksAbbreviated } from './refs.ts';
import type { GitServer } from './server.ts';
import { similarNames } from './similar-names.ts';

export type Found = { commit: string; ref: Ref | undefined };

/** What a search came across: how far it is worth telling somebody who mistyped. */
type Seen = { names: string[]; head: Ref | undefined };

const shortPrefixes = ['HEAD', 'refs/heads/', 'refs/tags/'];
const maxNames = 5000;

const commitOf = (ref: Ref): string | undefined => ref.peeled ?? ref.hash;

const note = (seen: Seen, ref: Ref): void => {
  if (ref.name === 'HEAD') seen.head = ref;
  else if (seen.names.length < maxNames) seen.names.push(ref.name);
};

/** Reads refs until the best candidate shows up, or the end. */
const search = async (
  refs: AsyncIterable<Ref>,
  candidates: readonly string[],
  seen: Seen,
): Promise<Ref | undefined> => {
  let best: { ref: Ref; rank: number } | undefined;
  for await (const ref of refs) {
    note(seen, ref);
    const rank = candidates.indexOf(ref.name);
    if (rank < 0 || (best !== undefined && best.rank <= rank)) continue;
    best = { ref, rank };
    if (rank === 0) break;
  }
  return best?.ref;
};

/** All names, where the search asked for some only. A list too long to read is no reason to hide what is wrong. */
const lookAround = async (server: GitServer, seen: Seen): Promise<void> => {
  if (server.showsAll) return;
  try {
    await search(server.refs(shortPrefixes), [], seen);
  } catch (error) {
    if (!(error instanceof ApiError) || seen.names.length === 0) throw error;
  }
};

const empty = (): ApiError =>
  sourceError('source_empty', 'The repository is empty: it has no branch with a commit yet. Push one and start again.');

const shortName = (name: string): string => name.replace(/^refs\/(heads|tags)\//, '');

/** @throws ApiError 400 ref_not_found or source_empty */
export const findNamed = async (server: GitServer, candidates: readonly string[], asked: string): Promise<Found> => {
  const seen: Seen = { names: [], head: undefined };
  const ref = await search(server.refs(candidates), candidates, seen);
  const commit = ref === undefined ? undefined : commitOf(ref);
  if (commit !== undefined) return { commit, ref };
  await lookAround(server, seen);
  if (seen.names.length === 0) throw empty();
  throw sourceError('ref_not_found', `The repository has no branch or tag ${asked}.${hint(asked, seen)}`);
};

const hint = (asked: string, seen: Seen): string => {
  if (looksAbbreviated(asked)) return ' If it is a commit, give its full hash: shortened ones are not resolved.';
  const similar = similarNames(asked, [...new Set(seen.names.map(shortName))]);
  if (similar.length > 0) return ` Did you mean ${similar.join(', ')}?`;
  return seen.head?.target === undefined ? '' : ` Its default branch is ${shortName(seen.head.target)}.`;
};

/** @throws ApiError 400 ref_not_found or source_empty */
export const findDefault = async (server: GitServer): Promise<Found> => {
  const seen: Seen = { names: [], head: undefined };
  const ref = await search(server.refs(['HEAD']), ['HEAD'], seen);
  const commit = ref === undefined ? undefined : commitOf(ref);
  if (commit !== undefined) return { commit, ref };
  await lookAround(server, seen);
  if (seen.names.length === 0) throw empty();
  const some = seen.names.slice(0, 5).map(shortName).join(', ');
  throw sourceError(
    'ref_not_found',
    `The repository's default branch does not exist. Name another one with ref, such as ${some}.`,
  );
};

/** A ref that stands at this commit, or a tag object with this hash. */
const refAt = async (server: GitServer, hash: string, seen: Seen): Promise<Found | undefined> => {
  for await (const ref of server.refs(shortPrefixes)) {
    note(seen, ref);
    const commit = commitOf(ref);
    if (commit !== undefined && (commit === hash || ref.hash === hash)) return { commit, ref };
  }
  return undefined;
};

const unusable = {
  other: (hash: string) => `${hash} is not a commit of the repository, but another kind of object.`,
  absent: (hash: string) => `The repository has no commit ${hash}, or it is on no branch any more. Was it pushed?`,
};

/**
 * Asks for the commit itself first: that is one small answer where a list of refs may be long. A server that can't
 * say is believed, and the clone will show.
 * @throws ApiError 400 ref_not_found or source_empty
 */
export const findCommit = async (server: GitServer, hash: string): Promise<Found> => {
  if (hash.length !== server.hashLength) {
    const lengths = `${server.hashLength} digits, not ${hash.length}`;
    throw sourceError('ref_not_found', `The repository's commit hashes have ${lengths}.`);
  }
  const sent = await server.probe(hash);
  if (sent === 'commit') return { commit: hash, ref: undefined };
  const seen: Seen = { names: [], head: undefined };
  const found = await refAt(server, hash, seen);
  if (found !== undefined) return found;
  if (seen.names.length === 0) throw empty();
  if (sent !== 'unclear') throw sourceError('ref_not_found', unusable[sent](hash));
  return { commit: hash, ref: undefined };
};
