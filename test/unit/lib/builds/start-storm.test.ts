import { expect, test } from '@jest/globals';
import { startBuild } from '../../../../lib/builds/start.ts';
import { toolLimit, World } from './world.ts';

/** Returns a generator of pseudo-random numbers. The same seed gives the same numbers. */
const numbers = (seed: number) => {
  let last = seed * 7919;
  return (): number => {
    last = (last * 1103515245 + 12345) & 0x7fffffff;
    return last >> 8;
  };
};

const storm = async (seed: number, starts: number) => {
  const world = new World(50);
  const next = numbers(seed);
  for (let at = 0; at < starts; at += 1) {
    const given = { source_url: 'https://example.org/x' };
    void startBuild(world.instance().context, 'a', given, undefined, new AbortController().signal).catch(
      () => undefined,
    );
  }
  await new Promise((resolve) => setImmediate(resolve));
  while (await world.step(next()));
  return { runs: world.liveRuns().length, claims: world.capacity()?.status?.claims?.length };
};

test.each([3, 5, 10])(
  'of %p simultaneous starts of a tool in as many processes, as many builds run as the limit allows',
  async (starts) => {
    for (let seed = 1; seed <= 20; seed += 1)
      expect(await storm(seed, starts)).toEqual({ runs: toolLimit, claims: toolLimit });
  },
);
