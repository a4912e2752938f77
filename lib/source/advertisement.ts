import { notGit, sourceError } from './failures.ts';
import type { Packet } from './pkt-line.ts';
import { textOf } from './pkt-line.ts';

/** A ref as a server shows it. */
export type Ref = {
  name: string;
  /** Undefined where HEAD names a branch that has no commit yet. */
  hash: string | undefined;
  /** What an annotated tag points at in the end. */
  peeled?: string;
  /** The full name that a symbolic ref stands for. */
  target?: string;
};

export type Capabilities = ReadonlyMap<string, string>;

/** A server's first answer: in version 2 what it can do, before that its refs as well. */
export type Advertisement =
  | { version: 2; capabilities: Capabilities }
  | { version: 0; capabilities: Capabilities; refs: AsyncIterable<Ref> };

const HASH = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
const noObject = /^0+$/;

const splitOnce = (text: string, separator: string): [string, string] => {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
};

/** The next line, or undefined at a flush or the end. @throws ApiError where the server reports an error */
const nextLine = async (packets: AsyncIterator<Packet>): Promise<string | undefined> => {
  const { value, done } = await packets.next();
  if (done === true || value.kind !== 'data') return undefined;
  const line = textOf(value.data);
  if (line.startsWith('ERR ')) throw refused(line.slice(4));
  return line;
};

/** The server's own words go to the log only. */
export const refused = (words: string): Error => {
  const cause = new Error(words.slice(0, 500));
  return /not found|not exist|no such/i.test(words)
    ? sourceError('source_not_found', 'The git server has no repository at this address; check its spelling.', cause)
    : notGit('the server refuses to show the repository', cause);
};

/** The line after the header that version 2 may leave out (https://git-scm.com/docs/gitprotocol-http). */
const firstLine = async (packets: AsyncIterator<Packet>): Promise<string | undefined> => {
  const line = await nextLine(packets);
  if (line === undefined || !line.startsWith('# service=')) return line;
  if (line !== '# service=git-upload-pack') throw notGit('it offers another service than git-upload-pack');
  const flush = await nextLine(packets);
  if (flush !== undefined) throw notGit('its answer is not in the git protocol');
  return nextLine(packets);
};

/**
 * Reads the answer to info/refs as far as needed; refs of version 0 are read while they are looked at.
 * @throws ApiError 400
 */
export const readAdvertisement = async (packets: AsyncIterableIterator<Packet>): Promise<Advertisement> => {
  const line = await firstLine(packets);
  if (line === 'version 2') return { version: 2, capabilities: await readCapabilities(packets) };
  const first = line === 'version 1' ? await nextLine(packets) : line;
  if (first === undefined) return { version: 0, capabilities: new Map(), refs: nothing() };
  const [ref, words] = splitOnce(first, '\0');
  const symrefs = symrefsOf(words);
  return { version: 0, capabilities: capabilitiesOf(words.split(' ')), refs: readOldRefs(ref, symrefs, packets) };
};

async function* nothing(): AsyncGenerator<Ref> {}

const capabilitiesOf = (words: readonly string[]): Capabilities =>
  new Map(words.filter((word) => word !== '').map((word) => splitOnce(word, '=')));

const readCapabilities = async (packets: AsyncIterator<Packet>): Promise<Capabilities> => {
  const lines: string[] = [];
  for (let line = await nextLine(packets); line !== undefined; line = await nextLine(packets)) lines.push(line);
  return capabilitiesOf(lines);
};

/** `symref=HEAD:refs/heads/main` may come several times, so a map of capabilities can't hold it. */
const symrefsOf = (words: string): Map<string, string> => {
  const marker = 'symref=';
  const pairs = words.split(' ').filter((word) => word.startsWith(marker));
  return new Map(pairs.map((word) => splitOnce(word.slice(marker.length), ':')));
};

/** Versions 0 and 1: an annotated tag is followed by a line `<hash> refs/tags/X^{}`. */
async function* readOldRefs(
  first: string,
  symrefs: ReadonlyMap<string, string>,
  packets: AsyncIterator<Packet>,
): AsyncGenerator<Ref> {
  let held: Ref | undefined;
  for (let line: string | undefined = first; line !== undefined; line = await nextLine(packets)) {
    const ref = parseOldRef(line);
    if (ref === undefined) continue;
    if (held !== undefined && ref.name === `${held.name}^{}`) {
      held = { ...held, peeled: ref.hash };
      continue;
    }
    if (held !== undefined) yield held;
    const target = symrefs.get(ref.name);
    held = target === undefined ? ref : { ...ref, target };
  }
  if (held !== undefined) yield held;
}

const parseOldRef = (line: string): { name: string; hash: string } | undefined => {
  if (line.startsWith('shallow ')) return undefined;
  const [hash, name] = splitOnce(line, ' ');
  if (!HASH.test(hash) || name === '') throw notGit('its list of refs is not in the git protocol');
  return noObject.test(hash) ? undefined : { name, hash };
};

/** The answer to version 2's ls-refs: `<hash or unborn> <name>[ symref-target:<name>][ peeled:<hash>]`. */
export async function* readRefs(packets: AsyncIterableIterator<Packet>): AsyncGenerator<Ref> {
  for (let line = await nextLine(packets); line !== undefined; line = await nextLine(packets)) yield parseRefLine(line);
}

const parseRefLine = (line: string): Ref => {
  const [hash = '', name = '', ...attributes] = line.split(' ');
  const known = new Map(attributes.map((attribute) => splitOnce(attribute, ':')));
  const [peeled, target] = [known.get('peeled'), known.get('symref-target')];
  const wellFormed =
    (hash === 'unborn' || HASH.test(hash)) && name !== '' && (peeled === undefined || HASH.test(peeled));
  if (!wellFormed) throw notGit('its list of refs is not in the git protocol');
  return {
    name,
    hash: hash === 'unborn' ? undefined : hash,
    ...(peeled === undefined ? {} : { peeled }),
    ...(target === undefined ? {} : { target }),
  };
};
