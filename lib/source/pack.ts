import type { Packet } from './pkt-line.ts';
import { textOf } from './pkt-line.ts';

/**
 * Kind of object that a git server has under a hash: a commit, another kind of object or nothing. `unclear`: the
 * response does not tell.
 */
export type ProbeResult = 'commit' | 'other' | 'absent' | 'unclear';

/**
 * Number of bytes that are read of a git pack: "PACK" (4), version (4), number of objects (4), and the first byte of
 * the first object, whose bits 4 to 6 are the object's type.
 */
const headerBytes = 13;
const commitType = 1;
const packBand = 1;
const errorBand = 3;

/**
 * Reads the response to the command fetch of version 2 of the git protocol, until the type of the requested object is
 * known. A line `shallow <hash>` comes for commits only. A pack of several objects may begin with an object that was
 * not requested.
 * @see https://git-scm.com/docs/gitprotocol-v2
 * @see https://git-scm.com/docs/gitformat-pack
 */
export const readFirstObject = async (packets: AsyncIterable<Packet>, hash: string): Promise<ProbeResult> => {
  /** First bytes of the git pack, as far as they have arrived. Undefined before the pack begins. */
  let head: Buffer | undefined;
  for await (const packet of packets) {
    if (packet.kind !== 'data') continue;
    const read = head === undefined ? readLine(textOf(packet.data), hash) : readBand(packet.data, head);
    if (typeof read === 'string') return read;
    head = read;
  }
  return 'unclear';
};

/**
 * Reads a line that a git server sends before the pack. Returns an empty buffer where the pack begins next; a result
 * where the line tells whether the server has the object; undefined for any other line.
 */
const readLine = (line: string, hash: string): Buffer | ProbeResult | undefined => {
  if (line.startsWith('ERR ')) return 'absent';
  if (line === `shallow ${hash}`) return 'commit';
  return line === 'packfile' ? Buffer.alloc(0) : undefined;
};

/**
 * Reads a packet of a git pack. Returns the first bytes of the pack so far; once these are 13 bytes, returns what they
 * tell about the first object.
 */
const readBand = (data: Buffer, head: Buffer): Buffer | ProbeResult => {
  if (data[0] === errorBand) return 'absent';
  if (data[0] !== packBand) return head;
  const longer = Buffer.concat([head, data.subarray(1, headerBytes + 1)]);
  return longer.length < headerBytes ? longer : typeIn(longer);
};

const typeIn = (head: Buffer): ProbeResult => {
  if (head.toString('latin1', 0, 4) !== 'PACK') return 'unclear';
  const objects = head.readUInt32BE(8);
  if (objects === 0) return 'absent';
  const type = ((head[headerBytes - 1] ?? 0) >> 4) & 7;
  if (type !== commitType) return 'other';
  return objects === 1 ? 'commit' : 'unclear';
};
