import { promisify } from 'node:util';
import { crc32, gunzip } from 'node:zlib';
import type { ApiError } from '../../errors.ts';
import { storeFailure } from '../../store/keys.ts';
import type { ChunkEncoding } from '../types.ts';
import { type ArchiveLocation, type Chunk, segmentKey } from './archive-index.ts';
import { cacheOf, type Loaded } from './cache.ts';

/** Neighbours in one segment, which need one read of the store. */
export type ChunkRange = readonly [Chunk, ...Chunk[]];

const decompress = promisify(gunzip);

/** Uncompressed bytes that are loaded at once, about. */
const loadBytes = 1 << 20;

const damaged = (chunk: Chunk): ApiError =>
  storeFailure(new Error(`segment ${chunk.segment} is damaged at ${chunk.offset}`));

/** The same for all readers, wherever they begin. */
export const chunkRanges = (chunks: readonly Chunk[]): ChunkRange[] => {
  const groups: [Chunk, ...Chunk[]][] = [];
  let size = 0;
  for (const chunk of chunks) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    const touches = last?.segment === chunk.segment && last.offset + last.length === chunk.offset;
    if (group && touches && size + chunk.size <= loadBytes) {
      group.push(chunk);
      size += chunk.size;
    } else {
      groups.push([chunk]);
      size = chunk.size;
    }
  }
  return groups;
};

/** Where a group is within its segment. */
export const byteRange = (group: ChunkRange): { offset: number; length: number } => {
  const [first] = group;
  const last = group.at(-1) ?? first;
  return { offset: first.offset, length: last.offset + last.length - first.offset };
};

const lineFeeds = (bytes: Uint8Array): number => {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
};

/** The chunks of a group as they are stored. @throws ApiError 503 where the bytes are not those that were written */
const getGroup = async (place: ArchiveLocation, group: ChunkRange): Promise<Buffer[]> => {
  const range = byteRange(group);
  const bytes = await place.store.get(segmentKey(place, group[0].segment), range);
  if (bytes?.length !== range.length) throw damaged(group[0]);
  return group.map((chunk) => {
    const member = Buffer.from(bytes.buffer, bytes.byteOffset + chunk.offset - range.offset, chunk.length);
    if (crc32(member) !== chunk.crc) throw damaged(chunk);
    return member;
  });
};

/** @throws ApiError 503 as getGroup */
const unpack = async (member: Buffer, chunk: Chunk): Promise<Buffer> => {
  // One buffer for all of it, instead of many that are then copied into one.
  const room = { maxOutputLength: Math.max(1, chunk.size), chunkSize: chunk.size + 64 };
  const frames = await decompress(member, room).catch((cause: unknown) => {
    throw storeFailure(cause);
  });
  if (frames.length !== chunk.size || lineFeeds(frames) !== chunk.lines) throw damaged(chunk);
  return frames;
};

const unpacked = async (place: ArchiveLocation, group: ChunkRange): Promise<Buffer[]> => {
  const members = await getGroup(place, group);
  return Promise.all(members.map((member, at) => unpack(member, group[at] ?? group[0])));
};

/**
 * A group's chunks, `deflated`: the gzip members as they are stored, or `plain`; what is loaded is shared.
 * @throws ApiError 503 `log_unavailable`
 */
export const loadChunks = (
  place: ArchiveLocation,
  group: ChunkRange,
  chunkEncoding: ChunkEncoding,
): Promise<Loaded> => {
  const { offset, length } = byteRange(group);
  const key = `${chunkEncoding} ${segmentKey(place, group[0].segment)}@${offset}+${length}`;
  return cacheOf(place.store).load(key, async () => {
    const parts = await (chunkEncoding === 'deflated' ? getGroup : unpacked)(place, group);
    return { parts, bytes: parts.reduce((sum, part) => sum + part.length, 0) };
  });
};
