import { expect, test } from '@jest/globals';
import type { RawLine } from '../../../../../lib/logs/pod/lines.ts';
import { createRotationDetector } from '../../../../../lib/logs/pod/rotation-detector.ts';
import { timeAt } from '../fake-kube.ts';

const piece = (second: number, text: string): RawLine => ({ time: timeAt(second * 1_000_000), text, more: false });

test('a line that was shown is none that is missing', () => {
  const samples = createRotationDetector();
  samples.add(piece(5, 'b'), piece(1, 'a'));
  expect(samples.open()).toBe(true);
  for (const shown of [piece(1, 'a'), piece(5, 'b'), piece(60, 'c')]) expect(samples.pass(shown)).toBe(false);
  expect(samples.open()).toBe(false);
});

test('they cover what comes behind a line that is no earlier than the first, until one could not be had', () => {
  const samples = createRotationDetector();
  expect(samples.cover(piece(5, 'b'))).toBe(false);
  samples.add(piece(5, 'b'), piece(1, 'a'));
  expect([piece(4, 'a'), piece(5, 'b'), undefined].map(samples.cover)).toEqual([false, true, false]);
  samples.fail();
  expect(samples.cover(piece(5, 'b'))).toBe(false);
});

test('what shows that lines are missing may be a sample itself', () => {
  const samples = createRotationDetector();
  samples.add(piece(5, 'lost'), piece(1, 'a'));
  samples.add(piece(9, 'b'), piece(1, 'a'));
  expect([piece(9, 'b'), piece(60, 'c')].map(samples.pass)).toEqual([true, false]);
  expect(samples.open()).toBe(false);
});

test('a line that was the newest one at several looks is shown once', () => {
  const samples = createRotationDetector();
  for (const text of ['b', 'b', 'b']) samples.add(piece(5, text), piece(1, 'a'));
  expect(samples.pass(piece(5, 'b'))).toBe(false);
  expect(samples.open()).toBe(false);
  for (const part of ['c', 'd']) samples.add(piece(9, part.repeat(16_384)), piece(5, 'b'));
  expect(samples.pass(piece(8, 'c'.repeat(16_384) + 'd'.repeat(16_384)))).toBe(false);
  expect(samples.open()).toBe(false);
});

test('one that was passed is told of once, however many samples there were', () => {
  const samples = createRotationDetector();
  for (const second of [5, 9, 13]) samples.add(piece(second, 'lost'), piece(1, 'a'));
  expect([piece(2, 'a'), piece(20, 'c'), piece(21, 'd')].map(samples.pass)).toEqual([false, true, false]);
});

test('a line of the other stream may come a little earlier', () => {
  const samples = createRotationDetector();
  samples.add(piece(5, 'out'), piece(1, 'a'));
  expect([piece(6, 'err'), piece(5, 'out'), piece(60, 'c')].map(samples.pass)).toEqual([false, false, false]);
});

test('what the stream is already past is no sample; neither is the word of a kubelet that has no log', () => {
  const samples = createRotationDetector();
  samples.add(piece(5, 'b'), piece(5, 'b'));
  samples.add(undefined, piece(5, 'b'));
  samples.add({ time: '', text: 'unable to retrieve container logs', more: false }, undefined);
  expect(samples.open()).toBe(false);
});

test.each([
  ['first', 'a'],
  ['second', 'b'],
  ['last', 'c'],
])('the %s part of a long line is shown with the line', (_, letter) => {
  const samples = createRotationDetector();
  const part = (of: string) => of.repeat(16_384);
  samples.add(piece(6, part(letter)), piece(1, 'a'));
  // The kubelet gives the line the time of its first part.
  expect([piece(5, part('a') + part('b') + part('c')), piece(60, 'd')].map(samples.pass)).toEqual([false, false]);
});
