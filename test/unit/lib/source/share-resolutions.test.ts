import { expect, test } from '@jest/globals';
import { shareResolutions } from '../../../../lib/source/share-resolutions.ts';
import type { Resolved } from '../../../../lib/source/source.ts';

/** A source that answers when it is told to, with the number of the question. */
const slowSource = () => {
  const asked: { key: string; answer: () => void; fail: (error: Error) => void }[] = [];
  const source = shareResolutions({
    resolve: (url, ref) =>
      new Promise<Resolved>((resolve, reject) => {
        const commit = String(asked.length);
        asked.push({ key: `${url} ${ref}`, answer: () => resolve({ url, ref: ref ?? '', commit }), fail: reject });
      }),
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { source, asked, turn };
};

const commits = async (all: Promise<Resolved>[]): Promise<string[]> =>
  (await Promise.all(all)).map(({ commit }) => commit);

test('fifty at once are two questions: none is answered with what was asked before it came', async () => {
  const { source, asked, turn } = slowSource();
  const all = Array.from({ length: 50 }, () => source.resolve('u', 'main'));
  expect(asked).toHaveLength(1);
  asked[0]?.answer();
  await turn();
  const late = source.resolve('u', 'main');
  asked[1]?.answer();
  await turn();
  asked[2]?.answer();
  expect(await commits(all)).toEqual(['0', ...Array(49).fill('1')]);
  expect(await commits([late])).toEqual(['2']);
  expect(asked).toHaveLength(3);
});

test('other refs and repositories do not wait', async () => {
  const { source, asked } = slowSource();
  const all = [source.resolve('u', 'main'), source.resolve('u', undefined), source.resolve('v', 'main')];
  for (const { answer } of asked) answer();
  expect(await commits(all)).toEqual(['0', '1', '2']);
});

test('a failure is for those who asked by then, and the next are served', async () => {
  const { source, asked, turn } = slowSource();
  const [first, second] = [source.resolve('u', 'main'), source.resolve('u', 'main')];
  asked[0]?.fail(new Error('away'));
  await expect(first).rejects.toThrow('away');
  await turn();
  asked[1]?.answer();
  expect(await commits([second])).toEqual(['1']);
});

test('who goes away does not take the answer from the others', async () => {
  const { source, asked } = slowSource();
  const gone = new AbortController();
  const first = source.resolve('u', 'main', gone.signal);
  gone.abort(new Error('gone'));
  await expect(first).rejects.toThrow('gone');
  const second = source.resolve('u', 'main');
  asked[0]?.answer();
  await new Promise((resolve) => setImmediate(resolve));
  asked[1]?.answer();
  expect(await commits([second])).toEqual(['1']);
  await expect(source.resolve('u', 'main', AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
});
