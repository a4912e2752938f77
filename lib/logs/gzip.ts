import { constants, crc32, deflateRawSync } from 'node:zlib';
import { wishesIn } from '../http/accept.ts';

/** How an answer's bytes go over the wire. */
export type Wire = {
  /** Of `content-encoding`. */
  encoding: 'gzip' | undefined;
  write(bytes: Buffer): Buffer;
  /** What ends the stream. */
  end(): Buffer;
};

const nothing = Buffer.alloc(0);

export const plainWire: Wire = { encoding: undefined, write: (bytes) => bytes, end: () => nothing };

/** Deflate, no name, no time, unknown system. @see https://www.rfc-editor.org/rfc/rfc1952#section-2.3 */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
/** An empty last block. */
const lastBlock = Buffer.from([3, 0]);

/** Readers that are sent the same bytes share them compressed, too. */
const compressed = new WeakMap<Buffer, Buffer>();

const compress = (bytes: Buffer): Buffer => {
  const known = compressed.get(bytes);
  if (known) return known;
  const options = { level: constants.Z_BEST_SPEED, finishFlush: constants.Z_FULL_FLUSH };
  const block = deflateRawSync(bytes, options);
  compressed.set(bytes, block);
  return block;
};

/**
 * One gzip member out of blocks that are compressed each on its own: what is written can be read at once, and a reader
 * costs a checksum, not a compressor with its quarter of a megabyte.
 */
export const createGzip = (): Wire => {
  let crc = 0;
  let length = 0;
  return {
    encoding: 'gzip',
    write: (bytes) => {
      const block = compress(bytes);
      const out = length === 0 ? Buffer.concat([header, block]) : block;
      crc = crc32(bytes, crc);
      length += bytes.length;
      return out;
    },
    end: () => {
      const trailer = Buffer.alloc(8);
      trailer.writeUInt32LE(crc, 0);
      trailer.writeUInt32LE(length % 2 ** 32, 4);
      return Buffer.concat([length === 0 ? header : nothing, lastBlock, trailer]);
    },
  };
};

/** Whether the client takes gzip. @see https://www.rfc-editor.org/rfc/rfc9110#name-accept-encoding */
export const takesGzip = (accept: string | undefined): boolean => {
  const qualities = new Map(wishesIn(accept ?? '').map(({ name, quality }) => [name, quality]));
  return (qualities.get('gzip') ?? qualities.get('*') ?? 0) > 0;
};
