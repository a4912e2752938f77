import { notGit, sourceError } from './failures.ts';
import type { Packet } from './pkt-line.ts';
import { textOf } from './pkt-line.ts';

/** A ref in a git server's list. */
export type Ref = {
  name: string;
  /** Hash of the object that the ref names. Undefined where HEAD names a branch that has no commit yet. */
  hash: string | undefined;
  /** Hash of the commit that an annotated tag leads to. */
  peeled?: string;
  /** Full name of the ref that a symbolic ref such as HEAD stands for. */
  target?: string;
};

/** The git protocol's features that a server offers, with their values. */
export type Capabilities = ReadonlyMap<string, string>;

/**
 * The first response of a git server. In version 2 of the git protocol the response lists the capabilities; before
 * version 2 it lists the refs too.
 */
export type Advertisement =
  | { version: 2; capabilities: Capabilities }
  | { version: 0; capabilities: Capabilities; refs: AsyncIterable<Ref> };

const hashPattern = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
const zeroHash = /^0+$/;

const splitOnce = (text: string, separator: string): [string, string] => {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
};

/**
 * Returns the next line of a git server's response; undefined at a flush packet and at the end of the response.
 * @throws ApiError where the server reports an error
 */
const nextLine = async (packets: AsyncIterator<Packet>): Promise<string | undefined> => {
  const { value, done } = await packets.next();
  if (done === true || value.kind !== 'data') return undefined;
  const line = textOf(value.data);
  if (line.startsWith('ERR ')) throw serverRefusal(line.slice(4));
  return line;
};

/**
 * Returns the error for an ERR line of a git server. Git has no codes for ERR lines, so words of the text tell what is
 * wrong. The text itself goes into the log only.
 */
const serverRefusal = (text: string): Error => {
  const cause = new Error(text.slice(0, 500));
  return /not found|not exist|no such/i.test(text)
    ? sourceError('source_not_found', 'The git server has no repository at this address. Check its spelling.', cause)
    : notGit('the server refuses to show the repository', cause);
};

/**
 * Returns the first line of a git server's response after the header `# service=git-upload-pack`. Version 2 of the git
 * protocol may leave the header out.
 * @see https://git-scm.com/docs/gitprotocol-http
 */
const firstLine = async (packets: AsyncIterator<Packet>): Promise<string | undefined> => {
  const line = await nextLine(packets);
  if (line === undefined || !line.startsWith('# service=')) return line;
  if (line !== '# service=git-upload-pack') throw notGit('it offers another service than git-upload-pack');
  const flush = await nextLine(packets);
  if (flush !== undefined) throw notGit('its response is not in the git protocol');
  return nextLine(packets);
};

/**
 * Reads a git server's response to a request for info/refs. Only versions 0 and 1 of the git protocol list the refs in
 * this response. The refs are read while the caller iterates over them.
 * @throws ApiError 400
 */
export const readAdvertisement = async (packets: AsyncIterableIterator<Packet>): Promise<Advertisement> => {
  const line = await firstLine(packets);
  if (line === 'version 2') return { version: 2, capabilities: await readCapabilities(packets) };
  const first = line === 'version 1' ? await nextLine(packets) : line;
  if (first === undefined) return { version: 0, capabilities: new Map(), refs: nothing() };
  const [ref, features] = splitOnce(first, '\0');
  const symrefs = symrefsOf(features);
  return { version: 0, capabilities: capabilitiesOf(features.split(' ')), refs: readOldRefs(ref, symrefs, packets) };
};

async function* nothing(): AsyncGenerator<Ref> {}

const capabilitiesOf = (features: readonly string[]): Capabilities =>
  new Map(features.filter((word) => word !== '').map((word) => splitOnce(word, '=')));

const readCapabilities = async (packets: AsyncIterator<Packet>): Promise<Capabilities> => {
  const lines: string[] = [];
  for (let line = await nextLine(packets); line !== undefined; line = await nextLine(packets)) lines.push(line);
  return capabilitiesOf(lines);
};

/**
 * Returns the targets of symbolic refs. A git server may repeat the capability `symref=HEAD:refs/heads/main`, so a map
 * of capabilities can't hold its values.
 */
const symrefsOf = (features: string): Map<string, string> => {
  const marker = 'symref=';
  const pairs = features.split(' ').filter((word) => word.startsWith(marker));
  return new Map(pairs.map((word) => splitOnce(word.slice(marker.length), ':')));
};

/**
 * Reads the refs from a response in version 0 or 1 of the git protocol. After an annotated tag, a line `<hash>
 * refs/tags/X^{}` has the hash of the commit.
 */
async function* readOldRefs(
  first: string,
  symrefs: ReadonlyMap<string, string>,
  packets: AsyncIterator<Packet>,
): AsyncGenerator<Ref> {
  let pending: Ref | undefined;
  for (let line: string | undefined = first; line !== undefined; line = await nextLine(packets)) {
    const ref = parseOldRef(line);
    if (ref === undefined) continue;
    if (pending !== undefined && ref.name === `${pending.name}^{}`) {
      pending = { ...pending, peeled: ref.hash };
      continue;
    }
    if (pending !== undefined) yield pending;
    const target = symrefs.get(ref.name);
    pending = target === undefined ? ref : { ...ref, target };
  }
  if (pending !== undefined) yield pending;
}

const parseOldRef = (line: string): { name: string; hash: string } | undefined => {
  if (line.startsWith('shallow ')) return undefined;
  const [hash, name] = splitOnce(line, ' ');
  if (!hashPattern.test(hash) || name === '') throw notGit('its list of refs is not in the git protocol');
  return zeroHash.test(hash) ? undefined : { name, hash };
};

/**
 * Reads the refs from the response to the command ls-refs of version 2 of the git protocol. A line has the form
 * `<hash or unborn> <name>[ symref-target:<name>][ peeled:<hash>]`.
 */
export async function* readRefs(packets: AsyncIterableIterator<Packet>): AsyncGenerator<Ref> {
  for (let line = await nextLine(packets); line !== undefined; line = await nextLine(packets)) yield parseRefLine(line);
}

const parseRefLine = (line: string): Ref => {
  const [hash = '', name = '', ...attributes] = line.split(' ');
  const known = new Map(attributes.map((attribute) => splitOnce(attribute, ':')));
  const [peeled, target] = [known.get('peeled'), known.get('symref-target')];
  const wellFormed =
    (hash === 'unborn' || hashPattern.test(hash)) && name !== '' && (peeled === undefined || hashPattern.test(peeled));
  if (!wellFormed) throw notGit('its list of refs is not in the git protocol');
  return {
    name,
    hash: hash === 'unborn' ? undefined : hash,
    ...(peeled === undefined ? {} : { peeled }),
    ...(target === undefined ? {} : { target }),
  };
};
