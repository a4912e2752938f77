import { deflateSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ApiError } from '../../../../lib/errors.ts';
import { readAdvertisement, readRefs } from '../../../../lib/source/advertisement.ts';
import { readFirstObject } from '../../../../lib/source/pack.ts';
import type { Packet } from '../../../../lib/source/pkt-line.ts';
import {
  delimiterPacket,
  encodeData,
  encodeLine,
  flushPacket,
  readPackets,
  textOf,
} from '../../../../lib/source/pkt-line.ts';

async function* inChunks(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

/**
 * Returns the result of `read`, which reads the git protocol, or the code of the ApiError 400 with which `read` refuses
 * its input.
 */
const outcome = async <T>(read: () => Promise<T>): Promise<T | string> => {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ApiError && error.status === 400) return error.code;
    throw error;
  }
};

const whole = (bytes: Buffer) => inChunks(bytes, [Math.max(1, bytes.length)]);
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const packet: fc.Arbitrary<Packet> = fc.oneof(
  bytes.map((data): Packet => ({ kind: 'data', data })),
  fc.constantFrom<Packet>({ kind: 'flush' }, { kind: 'delimiter' }, { kind: 'end' }),
);
const special = { flush: flushPacket, delimiter: delimiterPacket, end: Buffer.from('0002') };
const encode = (packets: readonly Packet[]) =>
  Buffer.concat(packets.map((one) => (one.kind === 'data' ? encodeData(one.data) : special[one.kind])));
/** Generates bytes that are almost the git protocol, because they reach more code of the readers than random bytes. */
const nearly = fc
  .tuple(
    fc.array(
      fc.oneof(
        fc.constantFrom('# service=git-upload-pack', 'version 2', 'version 1', 'ERR x', 'packfile', 'shallow x'),
        fc.stringMatching(/^[0-9a-f]{40} (HEAD|refs\/[a-z]{1,3})( peeled:[0-9a-f]{39,40})?$/),
        fc.string({ unit: 'binary' }),
      ),
    ),
    bytes,
  )
  .map(([lines, rest]) => Buffer.concat([...lines.map(encodeLine), flushPacket, rest]));

describe('readPackets', () => {
  test('readPackets returns the encoded packets, wherever the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(packet), sizes, async (packets, cuts) => {
        expect(await collect(readPackets(inChunks(encode(packets), cuts)))).toEqual(packets);
      }),
    );
  });

  test('readPackets refuses bytes with source_not_git only, wherever the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(bytes, nearly), sizes, async (input, cuts) => {
        const atOnce = await outcome(() => collect(readPackets(whole(input))));
        expect(await outcome(() => collect(readPackets(inChunks(input, cuts))))).toEqual(atOnce);
        if (typeof atOnce === 'string') expect(atOnce).toBe('source_not_git');
      }),
    );
  });

  test('a packet has at most 65,516 bytes', async () => {
    expect(() => encodeData(Buffer.alloc(65_517))).toThrow(RangeError);
    const largest = encodeData(Buffer.alloc(65_516));
    expect(await collect(readPackets(inChunks(largest, [1])))).toHaveLength(1);
    expect(await outcome(() => collect(readPackets(whole(Buffer.from('fff1')))))).toBe('source_not_git');
  });

  test('textOf drops the line feed at the end', () => {
    expect([textOf(Buffer.from('a\n')), textOf(Buffer.from('a')), textOf(Buffer.from('\n'))]).toEqual(['a', 'a', '']);
  });
});

describe('readAdvertisement and readRefs', () => {
  const readAll = async (chunks: AsyncIterable<Buffer>) => {
    const advertisement = await readAdvertisement(readPackets(chunks));
    return advertisement.version === 2 ? [...advertisement.capabilities] : collect(advertisement.refs);
  };

  test('the readers return the same result or refusal, wherever the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(bytes, nearly), sizes, async (input, cuts) => {
        const readers: ((chunks: AsyncIterable<Buffer>) => Promise<unknown>)[] = [
          readAll,
          (chunks) => collect(readRefs(readPackets(chunks))),
          (chunks) => readFirstObject(readPackets(chunks), { hash: 'a'.repeat(40), commit: 'a'.repeat(40) }),
          (chunks) => readFirstObject(readPackets(chunks), { hash: 'b'.repeat(40), commit: 'a'.repeat(40) }),
        ];
        for (const read of readers) {
          const atOnce = await outcome(() => read(whole(input)));
          expect(await outcome(() => read(inChunks(input, cuts)))).toEqual(atOnce);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('the readers return the commit of an annotated tag and the target of HEAD', async () => {
    const [one, two] = ['1'.repeat(40), '2'.repeat(40)];
    const old = [
      `${one} HEAD\0multi_ack symref=HEAD:refs/heads/main agent=x`,
      `${one} refs/heads/main`,
      `${two} refs/tags/v1`,
      `${one} refs/tags/v1^{}`,
      `shallow ${one}`,
    ];
    const refs = [
      { name: 'HEAD', hash: one, target: 'refs/heads/main' },
      { name: 'refs/heads/main', hash: one },
      { name: 'refs/tags/v1', hash: two, peeled: one },
    ];
    expect(await readAll(whole(Buffer.concat([...old.map(encodeLine), flushPacket])))).toEqual(refs);
    const current = [
      `${one} HEAD symref-target:refs/heads/main`,
      `${one} refs/heads/main`,
      `${two} refs/tags/v1 peeled:${one}`,
      'unborn refs/heads/x symref-target:refs/heads/y',
    ];
    expect(await collect(readRefs(readPackets(whole(Buffer.concat(current.map(encodeLine))))))).toEqual([
      ...refs,
      { name: 'refs/heads/x', hash: undefined, target: 'refs/heads/y' },
    ]);
  });
});

describe('readFirstObject', () => {
  const hash = 'a'.repeat(40);
  const pack = (objects: number, type: number) => {
    const head = Buffer.alloc(14, 0);
    head[0] = 1;
    head.write('PACK', 1);
    head.writeUInt32BE(2, 5);
    head.writeUInt32BE(objects, 9);
    head[13] = (type << 4) | 5;
    return Buffer.concat([encodeLine('packfile'), encodeData(Buffer.from([2, 65])), encodeData(head)]);
  };

  test.each<[string, Buffer, string]>([
    ['a commit', pack(1, 1), 'commit'],
    ['a tree', pack(1, 2), 'other'],
    ['a tag', pack(2, 4), 'other'],
    ['a commit among others', pack(2, 1), 'unclear'],
    ['nothing', pack(0, 0), 'absent'],
    ['a shallow commit', Buffer.concat([encodeLine('shallow-info'), encodeLine(`shallow ${hash}`)]), 'commit'],
    ['an error', encodeLine('ERR upload-pack: not our ref'), 'absent'],
    ['an error late', Buffer.concat([encodeLine('packfile'), encodeData(Buffer.from([3, 65]))]), 'absent'],
    ['no pack', Buffer.concat([encodeLine('packfile'), encodeData(Buffer.from(`\x01${'x'.repeat(20)}`))]), 'unclear'],
    ['half a pack', pack(1, 1).subarray(0, 19), 'unclear'],
  ])('readFirstObject classifies %s', async (_what, input, expected) => {
    expect(await readFirstObject(readPackets(whole(input)), { hash, commit: hash })).toBe(expected);
  });

  /** Returns one object of a pack: its type and size, and its compressed content. */
  const object = (type: number, content: string): Buffer => {
    const head = [(type << 4) | (content.length & 15)];
    for (let rest = content.length >> 4; rest > 0; rest >>= 7) {
      head[head.length - 1] = (head.at(-1) ?? 0) | 0x80;
      head.push(rest & 0x7f);
    }
    return Buffer.concat([Buffer.from(head), deflateSync(content)]);
  };
  const packOf = (...objects: Buffer[]): Buffer => {
    const head = Buffer.alloc(12, 0);
    head.write('PACK');
    head.writeUInt32BE(2, 4);
    head.writeUInt32BE(objects.length, 8);
    const content = Buffer.concat([head, ...objects]);
    const cut = Math.ceil(content.length / 2);
    const bands = [content.subarray(0, cut), content.subarray(cut)].map((part) =>
      encodeData(Buffer.concat([Buffer.from([1]), part])),
    );
    return Buffer.concat([encodeLine('packfile'), ...bands]);
  };
  const tag = object(4, 'object of the tag'.repeat(20));

  test.each<[string, Buffer, string]>([
    ['a commit', packOf(tag, object(1, 'tree')), 'commit'],
    ['a tag of a commit', packOf(tag, tag, object(1, 'tree')), 'commit'],
    ['a commit that comes before the tag', packOf(object(1, 'tree'), tag), 'commit'],
    ['a commit with its tree', packOf(tag, object(1, 'tree'), object(2, ''), object(3, 'x')), 'commit'],
    ['a tree', packOf(tag, object(2, 'x')), 'other'],
    ['a file', packOf(tag, tag, object(3, 'x')), 'other'],
    ['a shallow commit', encodeLine(`shallow ${hash}`), 'commit'],
    ['nothing that the server shows', encodeLine('ERR upload-pack: not our ref'), 'absent'],
    ['nothing in the pack', packOf(tag), 'unclear'],
    ['a delta', packOf(tag, object(6, 'x')), 'unclear'],
    ['half a tag', packOf(tag).subarray(0, 40), 'unclear'],
    ['a broken tag', packOf(Buffer.from([0x45, 1, 2, 3]), object(2, 'x')), 'unclear'],
    ['a tag that is larger than a mebibyte', packOf(object(4, ' '.repeat(1_100_000)), object(2, 'x')), 'unclear'],
  ])('readFirstObject classifies what an annotated tag leads to: %s', async (_what, input, expected) => {
    expect(await readFirstObject(readPackets(whole(input)), { hash: 'b'.repeat(40), commit: hash })).toBe(expected);
  });
});
