import { notGit } from './failures.ts';

/**
 * One packet of git's pkt-line format.
 * @see https://git-scm.com/docs/gitprotocol-common
 * @see https://git-scm.com/docs/gitprotocol-v2
 */
export type Packet = { kind: 'data'; data: Buffer } | { kind: 'flush' | 'delimiter' | 'end' };

/** Limit for one packet of git's pkt-line format in bytes, the four bytes of its length included. */
const maxPacketBytes = 65_520;
const specialKinds = ['flush', 'delimiter', 'end'] as const;

/** Returns a data packet of git's pkt-line format that holds one line of text. */
export const encodeLine = (text: string): Buffer => encodeData(Buffer.from(`${text}\n`));

/** Returns a data packet of git's pkt-line format. @throws RangeError on more than 65,516 bytes */
export const encodeData = (data: Buffer): Buffer => {
  const length = data.length + 4;
  if (length > maxPacketBytes) throw new RangeError('a packet holds at most 65516 bytes');
  return Buffer.concat([Buffer.from(length.toString(16).padStart(4, '0')), data]);
};

export const flushPacket: Buffer = Buffer.from('0000');
export const delimiterPacket: Buffer = Buffer.from('0001');

/** Returns a packet's length from the four hex digits in front of the packet. @throws ApiError 400 source_not_git */
const parseLength = (head: Buffer): number => {
  const text = head.toString('latin1');
  const length = /^[0-9a-f]{4}$/i.test(text) ? Number.parseInt(text, 16) : Number.NaN;
  if (Number.isNaN(length) || length === 3 || length > maxPacketBytes)
    throw notGit('its response is not in the git protocol');
  return length;
};

type TakenPacket = { packet: Packet; size: number };

/**
 * Returns the first packet of a buffer. Where the packet is incomplete, returns the number of bytes that the packet
 * needs.
 */
const takePacket = (buffer: Buffer): TakenPacket | number => {
  if (buffer.length < 4) return 4;
  const length = parseLength(buffer.subarray(0, 4));
  const special = specialKinds[length];
  if (special !== undefined) return { packet: { kind: special }, size: 4 };
  if (buffer.length < length) return length;
  return { packet: { kind: 'data', data: buffer.subarray(4, length) }, size: length };
};

/**
 * Reads the packets of a git server's response as they come. Memory holds at most one packet and one chunk of the
 * response's body. The body is closed when the reader stops.
 * @throws ApiError 400 source_not_git where the body does not hold packets, or ends in the middle of a packet
 */
export async function* readPackets(chunks: AsyncIterable<Buffer>): AsyncGenerator<Packet, undefined> {
  let pending: Buffer[] = [];
  let missing = 4;
  for await (const chunk of chunks) {
    pending.push(chunk);
    missing -= chunk.length;
    // Chunks of a response are joined once a packet is complete: joining at each chunk costs quadratic time where a
    // server sends single bytes.
    if (missing > 0) continue;
    let rest = Buffer.concat(pending);
    let next = takePacket(rest);
    while (typeof next !== 'number') {
      rest = rest.subarray(next.size);
      yield next.packet;
      next = takePacket(rest);
    }
    pending = [rest];
    missing = next - rest.length;
  }
  if (pending.some(({ length }) => length > 0)) throw notGit('its response ends in the middle');
  return undefined;
}

/** Returns the text of a data packet, without the line feed at the end of the text. */
export const textOf = (data: Buffer): string => {
  const text = data.toString('utf8');
  return text.endsWith('\n') ? text.slice(0, -1) : text;
};
