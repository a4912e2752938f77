import { promisify } from 'node:util';
import { constants, crc32, deflateRaw, deflateRawSync, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { wishesIn } from '../../http/accept.ts';
import { combineCrc } from './crc.ts';

/** Blocks of a deflate stream, ended by a flush, that give `size` bytes with this CRC-32. */
export type Deflated = { bytes: Buffer; size: number; crc: number };

/** How an answer's bytes go over the wire. */
export type ContentCoding = {
  /** Of `content-encoding`. */
  encoding: 'gzip' | undefined;
  write(bytes: Buffer): Buffer;
  /** As `write` of what they give. */
  pass(blocks: Deflated): Buffer;
  /** What ends the stream. */
  end(): Buffer;
};

const nothing = Buffer.alloc(0);

/** The blocks end at a byte's end, and none of them is the last one. */
const flushed = { finishFlush: constants.Z_FULL_FLUSH } satisfies ZlibOptions;

export const identityCoding: ContentCoding = {
  encoding: undefined,
  write: (bytes) => bytes,
  pass: ({ bytes }) => inflateRawSync(bytes, flushed),
  end: () => nothing,
};

/** Deflate, no name, no time, unknown system. @see https://www.rfc-editor.org/rfc/rfc1952#section-2.3 */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
/** An empty last block. */
const lastBlock = Buffer.from([3, 0]);

const trailer = (crc: number, size: number): Buffer => {
  const bytes = Buffer.alloc(lastBlock.length + 8);
  lastBlock.copy(bytes);
  bytes.writeUInt32LE(crc, lastBlock.length);
  bytes.writeUInt32LE(size % 2 ** 32, lastBlock.length + 4);
  return bytes;
};

const deflate = promisify(deflateRaw);

/** A gzip file whose blocks can be taken out of it: more about size than about speed, as it is read more than once. */
export const gzipChunk = async (bytes: Buffer): Promise<Buffer> =>
  Buffer.concat([header, await deflate(bytes, { ...flushed, level: 4 }), trailer(crc32(bytes), bytes.length)]);

/** Without looking into them. @param member of gzipMember */
export const deflateDataOf = (member: Buffer): Deflated => {
  const end = member.length - lastBlock.length - 8;
  return {
    bytes: member.subarray(header.length, end),
    crc: member.readUInt32LE(end + lastBlock.length),
    size: member.readUInt32LE(end + lastBlock.length + 4),
  };
};

/** Readers that are sent the same bytes share them compressed, too. */
const compressed = new WeakMap<Buffer, Deflated>();

const compress = (bytes: Buffer): Deflated => {
  const known = compressed.get(bytes);
  if (known) return known;
  const blocks = {
    bytes: deflateRawSync(bytes, { ...flushed, level: constants.Z_BEST_SPEED }),
    crc: crc32(bytes),
    size: bytes.length,
  };
  compressed.set(bytes, blocks);
  return blocks;
};

/**
 * One gzip member out of blocks that are compressed each on its own: what is written can be read at once, and a reader
 * costs a checksum, not a compressor with its quarter of a megabyte.
 */
export const createGzipCoding = (): ContentCoding => {
  let crc = 0;
  let length = 0;
  const pass = (blocks: Deflated): Buffer => {
    const bytes = length === 0 ? Buffer.concat([header, blocks.bytes]) : blocks.bytes;
    crc = combineCrc(crc, blocks.crc, blocks.size);
    length += blocks.size;
    return bytes;
  };
  return {
    encoding: 'gzip',
    write: (bytes) => pass(compress(bytes)),
    pass,
    end: () => Buffer.concat([length === 0 ? header : nothing, trailer(crc, length)]),
  };
};

/** Whether the client takes gzip. @see https://www.rfc-editor.org/rfc/rfc9110#name-accept-encoding */
export const acceptsGzip = (accept: string | undefined): boolean => {
  const qualities = new Map(wishesIn(accept ?? '').map(({ name, quality }) => [name, quality]));
  return (qualities.get('gzip') ?? qualities.get('*') ?? 0) > 0;
};
