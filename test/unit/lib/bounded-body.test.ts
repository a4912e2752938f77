import { expect, test } from '@jest/globals';
import { BodyTooLargeError, ByteBudget, limitBody, readBounded } from '../../../lib/bounded-body.ts';

/**
 * Returns a stream of text chunks, with a state that counts the chunks and tells whether the reader closed the stream.
 */
const stream = (...chunks: string[]) => {
  const state = { yielded: 0, closed: false };
  const chunksOf = async function* (): AsyncGenerator<Buffer> {
    try {
      for (const chunk of chunks) {
        state.yielded++;
        yield Buffer.from(chunk);
      }
    } finally {
      state.closed = true;
    }
  };
  return { state, chunks: chunksOf() };
};

test('readBounded returns a body that is exactly as large as its limit', async () => {
  expect((await readBounded(stream('abc', 'de').chunks, 5)).toString()).toBe('abcde');
  expect(await readBounded(stream().chunks, 0)).toHaveLength(0);
});

test('readBounded refuses a body one byte over its limit, and closes the stream without reading on', async () => {
  const { state, chunks } = stream('abc', 'def', 'never read');
  await expect(readBounded(chunks, 5)).rejects.toMatchObject({ name: 'BodyTooLargeError', maxBytes: 5 });
  expect(state).toEqual({ yielded: 2, closed: true });
});

test('limitBody counts several bodies against one budget', async () => {
  const budget = new ByteBudget(5);
  const read = async (text: string) => {
    for await (const _ of limitBody(stream(text).chunks, budget));
  };
  await read('abc');
  await read('de');
  await expect(read('f')).rejects.toBeInstanceOf(BodyTooLargeError);
});
