import { expect, test } from '@jest/globals';
import { shareResolutions } from '../../../../lib/source/share-resolutions.ts';
import type { Resolved } from '../../../../lib/source/source.ts';

/**
 * Returns a git source that resolves a ref only when the test says so. The commit of a resolved ref is the number of
 * the resolution.
 */
const slowSource = () => {
  const resolutions: { key: string; end: () => void; fail: (error: Error) => void }[] = [];
  const source = shareResolutions({
    resolve: (url, ref) =>
      new Promise<Resolved>((resolve, reject) => {
        const commit = String(resolutions.length);
        resolutions.push({
          key: `${url} ${ref}`,
          end: () => resolve({ url, ref: ref ?? '', commit, refHash: commit }),
          fail: reject,
        });
      }),
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { source, resolutions, turn };
};

const commits = async (all: Promise<Resolved>[]): Promise<string[]> =>
  (await Promise.all(all)).map(({ commit }) => commit);

test('fifty callers at once share two resolutions, and none shares a resolution that began before its call', async () => {
  const { source, resolutions, turn } = slowSource();
  const all = Array.from({ length: 50 }, () => source.resolve('u', 'main'));
  expect(resolutions).toHaveLength(1);
  resolutions[0]?.end();
  await turn();
  const late = source.resolve('u', 'main');
  resolutions[1]?.end();
  await turn();
  resolutions[2]?.end();
  expect(await commits(all)).toEqual(['0', ...Array(49).fill('1')]);
  expect(await commits([late])).toEqual(['2']);
  expect(resolutions).toHaveLength(3);
});

test('callers with other refs or repositories get resolutions of their own', async () => {
  const { source, resolutions } = slowSource();
  const all = [source.resolve('u', 'main'), source.resolve('u', undefined), source.resolve('v', 'main')];
  for (const { end } of resolutions) end();
  expect(await commits(all)).toEqual(['0', '1', '2']);
});

test('a failed resolution fails its own callers only', async () => {
  const { source, resolutions, turn } = slowSource();
  const [first, second] = [source.resolve('u', 'main'), source.resolve('u', 'main')];
  resolutions[0]?.fail(new Error('away'));
  await expect(first).rejects.toThrow('away');
  await turn();
  resolutions[1]?.end();
  expect(await commits([second])).toEqual(['1']);
});

test('an aborted caller does not end the resolution of the others', async () => {
  const { source, resolutions } = slowSource();
  const gone = new AbortController();
  const first = source.resolve('u', 'main', gone.signal);
  gone.abort(new Error('gone'));
  await expect(first).rejects.toThrow('gone');
  const second = source.resolve('u', 'main');
  resolutions[0]?.end();
  await new Promise((resolve) => setImmediate(resolve));
  resolutions[1]?.end();
  expect(await commits([second])).toEqual(['1']);
  await expect(source.resolve('u', 'main', AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
});
