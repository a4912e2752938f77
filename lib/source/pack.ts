import type { Packet } from './pkt-line.ts';
import { textOf } from './pkt-line.ts';

/** What a server sends when it is asked for one object: a commit, something else, nothing, or no answer to go by. */
export type Sent = 'commit' | 'other' | 'absent' | 'unclear';

/** "PACK", version, number of objects, and the first byte of the first object, whose bits 4 to 6 are its type. */
const header = 13;
const commit = 1;
const packBand = 1;
const errorBand = 3;

/**
 * Reads the answer to version 2's fetch of one hash just until the first object's type is known. Only commits are
 * ever called shallow; a pack of several objects may begin with another one than was asked for
 * (https://git-scm.com/docs/gitprotocol-v2, https://git-scm.com/docs/gitformat-pack).
 */
export const readFirstObject = async (packets: AsyncIterable<Packet>, hash: string): Promise<Sent> => {
  /** Undefined until the pack begins. */
  let head: Buffer | undefined;
  for await (const packet of packets) {
    if (packet.kind !== 'data') continue;
    const told = head === undefined ? readLine(textOf(packet.data), hash) : readBand(packet.data, head);
    if (typeof told === 'string') return told;
    head = told;
  }
  return 'unclear';
};

/** Before the pack: its beginning, or what makes reading on needless. */
const readLine = (line: string, hash: string): Buffer | Sent | undefined => {
  if (line.startsWith('ERR ')) return 'absent';
  if (line === `shallow ${hash}`) return 'commit';
  return line === 'packfile' ? Buffer.alloc(0) : undefined;
};

/** In the pack: what is known of its head with this packet, or what the head says once it is whole. */
const readBand = (data: Buffer, head: Buffer): Buffer | Sent => {
  if (data[0] === errorBand) return 'absent';
  if (data[0] !== packBand) return head;
  const longer = Buffer.concat([head, data.subarray(1, header + 1)]);
  return longer.length < header ? longer : typeIn(longer);
};

const typeIn = (head: Buffer): Sent => {
  if (head.toString('latin1', 0, 4) !== 'PACK') return 'unclear';
  const objects = head.readUInt32BE(8);
  if (objects === 0) return 'absent';
  const type = ((head[header - 1] ?? 0) >> 4) & 7;
  if (type !== commit) return 'other';
  return objects === 1 ? 'commit' : 'unclear';
};
