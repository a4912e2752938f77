import type { Packet } from './pkt-line.ts';
import { textOf } from './pkt-line.ts';

/**
 * Kind of object that a git server has under a hash: a commit, another kind of object or nothing. `unclear`: the
 * response does not tell.
 */
export type ProbeResult = 'commit' | 'other' | 'absent' | 'unclear';

/** Object that a client requests of a git server; it may be an annotated tag of a commit. */
export type Wanted = {
  /** Hash of the object that is requested. */
  hash: string;
  /** Hash of the commit that the object is, or leads to as an annotated tag. */
  commit: string;
};

/**
 * Bytes of a git pack before the first object's content: "PACK" (4), version (4), number of objects (4), and the first
 * byte of the object, whose bits 4 to 6 are the object's type.
 */
const headerBytes = 13;
/** Bytes of a git pack that are read to find what a tag leads to. A tag's message may be as long. */
const maxPackBytes = 64 * 1024;
/** Longest tag in bytes, its message included, whose end is searched. */
const maxTagBytes = 1024 * 1024;
const commitType = 1;
const tagType = 4;
/** The types commit, tree, blob and tag. The other types are deltas, which do not tell their object's type. */
const plainTypes = [1, 2, 3, 4];
const packBand = 1;
const errorBand = 3;

/**
 * Reads the response to a request for one object, until the type of the object is known, or the type of what an
 * annotated tag leads to. A line `shallow <hash>` comes for commits only. A pack of several objects may begin with an
 * object that was not requested.
 * @see https://git-scm.com/docs/gitprotocol-v2
 * @see https://git-scm.com/docs/gitformat-pack
 */
export const readFirstObject = async (packets: AsyncIterable<Packet>, wanted: Wanted): Promise<ProbeResult> => {
  const isTag = wanted.hash !== wanted.commit;
  /** Parts of the git pack that have arrived. Undefined before the pack begins. */
  let parts: Buffer[] | undefined;
  let bytes = 0;
  for await (const packet of packets) {
    if (packet.kind !== 'data') continue;
    const read = parts === undefined ? readLine(textOf(packet.data), wanted) : readBand(packet.data);
    if (typeof read === 'string') return read;
    if (read === undefined) continue;
    parts ??= [];
    parts.push(read);
    bytes += read.length;
    if (bytes >= (isTag ? maxPackBytes : headerBytes)) break;
  }
  return typeIn(Buffer.concat(parts ?? []), isTag);
};

/**
 * Reads a line that a git server sends before the pack. Returns an empty buffer where the pack begins next; a result
 * where the line tells whether the server has the object; undefined for any other line.
 */
const readLine = (line: string, { commit }: Wanted): Buffer | ProbeResult | undefined => {
  if (line.startsWith('ERR ')) return 'absent';
  if (line === `shallow ${commit}`) return 'commit';
  // The pack begins after the line `packfile` in version 2 of the git protocol, and after `NAK` before version 2.
  return line === 'packfile' || line === 'NAK' ? Buffer.alloc(0) : undefined;
};

/** Returns the bytes of the pack in a packet; a result where the packet is an error; undefined for a progress message. */
const readBand = (data: Buffer): Buffer | ProbeResult | undefined => {
  if (data[0] === errorBand) return 'absent';
  return data[0] === packBand ? data.subarray(1) : undefined;
};

const typeIn = async (pack: Buffer, isTag: boolean): Promise<ProbeResult> => {
  if (pack.length < headerBytes || pack.toString('latin1', 0, 4) !== 'PACK') return 'unclear';
  const objects = pack.readUInt32BE(8);
  if (objects === 0) return 'absent';
  const type = isTag ? await typeAfterTags(pack) : typeAt(pack, headerBytes - 1);
  if (type === undefined || !plainTypes.includes(type)) return 'unclear';
  if (type !== commitType) return 'other';
  return objects === 1 || isTag ? 'commit' : 'unclear';
};

const typeAt = (pack: Buffer, at: number): number | undefined => {
  const head = pack[at];
  return head === undefined ? undefined : (head >> 4) & 7;
};

/** Returns the type of the first object in a pack that is no tag; undefined where the bytes that were read have none. */
const typeAfterTags = async (pack: Buffer): Promise<number | undefined> => {
  let at = headerBytes - 1;
  while (typeAt(pack, at) === tagType) {
    const next = await endOfObject(pack, at);
    if (next === undefined) return undefined;
    at = next;
  }
  return typeAt(pack, at);
};

/** Returns where an object of a pack ends; undefined where the object is broken or not complete. */
const endOfObject = async (pack: Buffer, start: number): Promise<number | undefined> => {
  const { inflateSync } = await import('node:zlib');
  // The bytes of an object's head have their highest bit set, except the last byte.
  let content = start;
  while (((pack[content] ?? 0) & 0x80) !== 0) content += 1;
  content += 1;
  try {
    const options = { info: true, maxOutputLength: maxTagBytes };
    const { engine } = inflateSync(pack.subarray(content), options) as unknown as { engine: { bytesWritten: number } };
    return content + engine.bytesWritten;
  } catch {
    return undefined;
  }
};
