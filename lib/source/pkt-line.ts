import { notGit } from './failures.ts';

/** One packet of git's pkt-line format (https://git-scm.com/docs/gitprotocol-common, gitprotocol-v2). */
export type Packet = { kind: 'data'; data: Buffer } | { kind: 'flush' | 'delimiter' | 'end' };

const maxPacket = 65_520;
const SPECIAL = ['flush', 'delimiter', 'end'] as const;

/** A data packet that holds one line of text. */
export const encodeLine = (text: string): Buffer => encodeData(Buffer.from(`${text}\n`));

/** @throws RangeError on more than 65,516 bytes */
export const encodeData = (data: Buffer): Buffer => {
  const length = data.length + 4;
  if (length > maxPacket) throw new RangeError('a packet holds at most 65516 bytes');
  return Buffer.concat([Buffer.from(length.toString(16).padStart(4, '0')), data]);
};

export const flush: Buffer = Buffer.from('0000');
export const delimiter: Buffer = Buffer.from('0001');

/** The length that the four bytes in front of a packet tell. @throws ApiError 400 source_not_git */
const lengthOf = (head: Buffer): number => {
  const text = head.toString('latin1');
  const length = /^[0-9a-f]{4}$/i.test(text) ? Number.parseInt(text, 16) : Number.NaN;
  if (Number.isNaN(length) || length === 3 || length > maxPacket) throw notGit('its answer is not in the git protocol');
  return length;
};

type Taken = { packet: Packet; size: number };

/** Takes one packet off the front; the number of bytes it needs where it is not complete yet. */
const take = (buffer: Buffer): Taken | number => {
  if (buffer.length < 4) return 4;
  const length = lengthOf(buffer.subarray(0, 4));
  const special = SPECIAL[length];
  if (special !== undefined) return { packet: { kind: special }, size: 4 };
  if (buffer.length < length) return length;
  return { packet: { kind: 'data', data: buffer.subarray(4, length) }, size: length };
};

/**
 * Reads packets as they come, holding at most one packet and one chunk. The source is closed when the reader stops.
 * @throws ApiError 400 source_not_git on anything else, an end in the middle of a packet included
 */
export async function* readPackets(chunks: AsyncIterable<Buffer>): AsyncGenerator<Packet, undefined> {
  let parts: Buffer[] = [];
  let missing = 4;
  for await (const chunk of chunks) {
    parts.push(chunk);
    missing -= chunk.length;
    // Joined only once a packet is whole, or a server that sends single bytes would cost quadratic time.
    if (missing > 0) continue;
    let rest = Buffer.concat(parts);
    let next = take(rest);
    while (typeof next !== 'number') {
      rest = rest.subarray(next.size);
      yield next.packet;
      next = take(rest);
    }
    parts = [rest];
    missing = next - rest.length;
  }
  if (parts.some((part) => part.length > 0)) throw notGit('its answer ends in the middle');
  return undefined;
}

/** The text of a data packet, without the line feed that may end it. */
export const textOf = (data: Buffer): string => {
  const text = data.toString('utf8');
  return text.endsWith('\n') ? text.slice(0, -1) : text;
};
