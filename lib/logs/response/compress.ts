import { promisify } from 'node:util';
import { constants, crc32, deflateRaw, deflateRawSync, inflateRawSync, type ZlibOptions } from 'node:zlib';
import type { Deflated } from '../types.ts';
import { combineCrc } from './crc.ts';

/** A content coding of a response: turns the bytes of a log into the bytes that are sent. */
export type ContentCoding = {
  /** Value of the header Content-Encoding; undefined for a response without that header. */
  encoding: 'gzip' | undefined;
  /** Encodes some bytes of a response. The client can decode all bytes that it has received at any time. */
  write(bytes: Buffer): Buffer;
  /**
   * Encodes bytes of a response that are compressed already. The client decodes the same bytes as after `write` of the
   * uncompressed bytes.
   */
  pass(deflated: Deflated): Buffer;
  /** Returns the bytes that end the response. */
  end(): Buffer;
};

const noBytes = Buffer.alloc(0);

/**
 * Options of zlib: the compressed data ends at a byte's end without a final DEFLATE block, so that other data can
 * follow.
 */
const flushed = { finishFlush: constants.Z_FULL_FLUSH } satisfies ZlibOptions;

/** The content coding that changes nothing, for clients that do not accept gzip. */
export const identityCoding: ContentCoding = {
  encoding: undefined,
  write: (bytes) => bytes,
  pass: ({ bytes }) => inflateRawSync(bytes, flushed),
  end: () => noBytes,
};

/**
 * A gzip header: method DEFLATE, no name, no time, unknown system.
 * @see https://www.rfc-editor.org/rfc/rfc1952#section-2.3
 */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
/** A final DEFLATE block without data. */
const finalBlock = Buffer.from([3, 0]);

const trailer = (crc: number, size: number): Buffer => {
  const bytes = Buffer.alloc(finalBlock.length + 8);
  finalBlock.copy(bytes);
  bytes.writeUInt32LE(crc, finalBlock.length);
  bytes.writeUInt32LE(size % 2 ** 32, finalBlock.length + 4);
  return bytes;
};

const deflate = promisify(deflateRaw);

/**
 * Compresses a chunk of an archive into a gzip file from which the compressed data can be taken (deflateDataOf). Level
 * 4 favours size over speed, because a chunk is read more than once.
 */
export const gzipChunk = async (bytes: Buffer): Promise<Buffer> =>
  Buffer.concat([header, await deflate(bytes, { ...flushed, level: 4 }), trailer(crc32(bytes), bytes.length)]);

/** Takes the compressed data out of a gzip file, without decompressing it. @param gzip a result of gzipChunk */
export const deflateDataOf = (gzip: Buffer): Deflated => {
  const end = gzip.length - finalBlock.length - 8;
  return {
    bytes: gzip.subarray(header.length, end),
    crc: gzip.readUInt32LE(end + finalBlock.length),
    size: gzip.readUInt32LE(end + finalBlock.length + 4),
  };
};

/**
 * Compressed data of each buffer that was compressed, so that readers who are sent the same buffer share its
 * compression.
 */
const deflatedBytes = new WeakMap<Buffer, Deflated>();

const deflateShared = (bytes: Buffer): Deflated => {
  const known = deflatedBytes.get(bytes);
  if (known) return known;
  const deflated = {
    bytes: deflateRawSync(bytes, { ...flushed, level: constants.Z_BEST_SPEED }),
    crc: crc32(bytes),
    size: bytes.length,
  };
  deflatedBytes.set(bytes, deflated);
  return deflated;
};

/**
 * Makes the gzip content coding of one response. Each write is compressed on its own, so a client can read the bytes at
 * once. For each reader only a checksum is kept, not a compressor with 256 KiB of memory.
 */
export const createGzipCoding = (): ContentCoding => {
  let crc = 0;
  let size = 0;
  const pass = (deflated: Deflated): Buffer => {
    const bytes = size === 0 ? Buffer.concat([header, deflated.bytes]) : deflated.bytes;
    crc = combineCrc(crc, deflated.crc, deflated.size);
    size += deflated.size;
    return bytes;
  };
  return {
    encoding: 'gzip',
    write: (bytes) => pass(deflateShared(bytes)),
    pass,
    end: () => Buffer.concat([size === 0 ? header : noBytes, trailer(crc, size)]),
  };
};
