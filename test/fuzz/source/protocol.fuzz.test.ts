import { expect } from '@jest/globals';
import fc from 'fast-check';
import { ApiError } from '../../../lib/errors.ts';
import { readAdvertisement, readRefs } from '../../../lib/source/advertisement.ts';
import { readFirstObject } from '../../../lib/source/pack.ts';
import { encodeLine, flushPacket, readPackets } from '../../../lib/source/pkt-line.ts';
import { fuzz } from '../fuzz.ts';
import { mutated } from '../mutated.ts';

const hash = '1'.repeat(40);
const sample = (...lines: string[]): string =>
  Buffer.concat([...lines.map(encodeLine), flushPacket]).toString('latin1');

const responses = [
  sample('# service=git-upload-pack') +
    sample('version 2', 'agent=git/2.45', 'ls-refs=unborn', 'fetch=shallow filter', 'object-format=sha1'),
  sample(`${hash} HEAD\0multi_ack symref=HEAD:refs/heads/main`, `${hash} refs/heads/main`, `${hash} refs/tags/v1^{}`),
  sample(`${hash} HEAD symref-target:refs/heads/main`, `${hash} refs/tags/v1 peeled:${hash}`, 'unborn HEAD'),
  sample('packfile', `\u0001PACK\0\0\0\u0002\0\0\0\u0001\u0090x`),
  sample('shallow-info', `shallow ${hash}`, 'ERR access denied'),
];

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

type Reader = (chunks: AsyncIterable<Buffer>) => Promise<unknown>;

const readers: readonly Reader[] = [
  (chunks) => collect(readPackets(chunks)),
  async (chunks) => {
    const advertisement = await readAdvertisement(readPackets(chunks));
    return advertisement.version === 2 ? [...advertisement.capabilities] : collect(advertisement.refs);
  },
  (chunks) => collect(readRefs(readPackets(chunks))),
  (chunks) => readFirstObject(readPackets(chunks), { hash, commit: hash }),
  (chunks) => readFirstObject(readPackets(chunks), { hash, commit: 'f'.repeat(40) }),
];

/** Returns what a reader reads, or the code of its refusal. */
const outcome = async (read: Reader, bytes: Buffer, size: number): Promise<unknown> => {
  try {
    return await read(inChunks(bytes, size));
  } catch (error) {
    if (error instanceof ApiError && error.status === 400) return error.code;
    throw error;
  }
};

fuzz(
  'every response of a git server is read or refused with status 400, in the same way wherever it is cut',
  fc.tuple(mutated(...responses), fc.integer({ min: 1, max: 20 })),
  async ([bytes, size]) => {
    for (const read of readers)
      expect(await outcome(read, bytes, size)).toEqual(await outcome(read, bytes, bytes.length + 1));
  },
);
