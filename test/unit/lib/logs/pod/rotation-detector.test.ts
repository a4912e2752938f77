import { describe, expect, test } from '@jest/globals';
import type { RawLine } from '../../../../../lib/logs/pod/line-splitter.ts';
import { RotationDetector } from '../../../../../lib/logs/pod/rotation-detector.ts';
import { timeAt } from '../../../../support/kubernetes/build-pod.ts';

const lineAt = (second: number, text: string): RawLine => ({ time: timeAt(second * 1_000_000), text, more: false });

const gapsBefore = (detector: RotationDetector, lines: readonly RawLine[]): boolean[] =>
  lines.map((line) => detector.isGapBefore(line));

describe('The rotation detector', () => {
  test('reports no gap after the stream has shown the newest line', () => {
    const detector = new RotationDetector();
    detector.addNewestLine(lineAt(5, 'b'), lineAt(1, 'a'));
    expect(detector.isExpectingLines).toBe(true);
    expect(gapsBefore(detector, [lineAt(1, 'a'), lineAt(5, 'b'), lineAt(60, 'c')])).toEqual([false, false, false]);
    expect(detector.isExpectingLines).toBe(false);
  });

  test('knows all files after its first newest line, until a lookup fails', () => {
    const detector = new RotationDetector();
    expect(detector.knowsAllAfter(lineAt(5, 'b'))).toBe(false);
    detector.addNewestLine(lineAt(5, 'b'), lineAt(1, 'a'));
    const lines = [lineAt(4, 'a'), lineAt(5, 'b'), undefined];
    expect(lines.map((line) => detector.knowsAllAfter(line))).toEqual([false, true, false]);
    detector.lookupFailed();
    expect(detector.knowsAllAfter(lineAt(5, 'b'))).toBe(false);
  });

  test('reports a gap before a line that is a newest line itself', () => {
    const detector = new RotationDetector();
    detector.addNewestLine(lineAt(5, 'lost'), lineAt(1, 'a'));
    detector.addNewestLine(lineAt(9, 'b'), lineAt(1, 'a'));
    expect(gapsBefore(detector, [lineAt(9, 'b'), lineAt(60, 'c')])).toEqual([true, false]);
    expect(detector.isExpectingLines).toBe(false);
  });

  test('expects a line once that several lookups returned, also in parts of a long line', () => {
    const detector = new RotationDetector();
    for (const text of ['b', 'b', 'b']) detector.addNewestLine(lineAt(5, text), lineAt(1, 'a'));
    expect(detector.isGapBefore(lineAt(5, 'b'))).toBe(false);
    expect(detector.isExpectingLines).toBe(false);
    for (const part of ['c', 'd']) detector.addNewestLine(lineAt(9, part.repeat(16_384)), lineAt(5, 'b'));
    expect(detector.isGapBefore(lineAt(8, 'c'.repeat(16_384) + 'd'.repeat(16_384)))).toBe(false);
    expect(detector.isExpectingLines).toBe(false);
  });

  test('reports one gap once, however many newest lines were in it', () => {
    const detector = new RotationDetector();
    for (const second of [5, 9, 13]) detector.addNewestLine(lineAt(second, 'lost'), lineAt(1, 'a'));
    expect(gapsBefore(detector, [lineAt(2, 'a'), lineAt(20, 'c'), lineAt(21, 'd')])).toEqual([false, true, false]);
  });

  test('reports no gap when a line of stderr comes slightly before an older line of stdout', () => {
    const detector = new RotationDetector();
    detector.addNewestLine(lineAt(5, 'out'), lineAt(1, 'a'));
    expect(gapsBefore(detector, [lineAt(6, 'err'), lineAt(5, 'out'), lineAt(60, 'c')])).toEqual([false, false, false]);
  });

  test("ignores newest lines that the stream has passed, and the kubelet's message that it has no log", () => {
    const detector = new RotationDetector();
    detector.addNewestLine(lineAt(5, 'b'), lineAt(5, 'b'));
    detector.addNewestLine(undefined, lineAt(5, 'b'));
    detector.addNewestLine({ time: '', text: 'unable to retrieve container logs', more: false }, undefined);
    expect(detector.isExpectingLines).toBe(false);
  });

  test.each([
    ['first', 'a'],
    ['second', 'b'],
    ['last', 'c'],
  ])('recognises the %s part of a long line in the whole line', (_, letter) => {
    const detector = new RotationDetector();
    const part = (of: string) => of.repeat(16_384);
    detector.addNewestLine(lineAt(6, part(letter)), lineAt(1, 'a'));
    // The kubelet joins the parts of a long line and gives the line the time of its first part. A newest line that is a
    // later part has a later time, so only the text tells that it belongs to the long line.
    expect(gapsBefore(detector, [lineAt(5, part('a') + part('b') + part('c')), lineAt(60, 'd')])).toEqual([
      false,
      false,
    ]);
  });
});
