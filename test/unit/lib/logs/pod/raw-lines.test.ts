import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LineSplitter, type RawLine } from '../../../../../lib/logs/pod/line-splitter.ts';
import { RawLines } from '../../../../../lib/logs/pod/raw-lines.ts';
import { continuesMark } from '../../../../../lib/logs/pod/step-marks.ts';
import { timeAt } from '../../../../support/kubernetes/build-pod.ts';
import { markName as name } from '../../../../support/log-marks.ts';
import { expectWork, leastWork } from '../../../../support/work.ts';

const mark = continuesMark(name);

const shown = (rawLines: readonly RawLine[]): Pick<RawLine, 'time' | 'text'>[] =>
  rawLines.filter(({ isPart, isOverwritten }) => !isPart && !isOverwritten).map(({ time, text }) => ({ time, text }));

/** Text with characters of several bytes, returns, and beginnings of marks. */
const outputs = fc
  .array(fc.constantFrom('a', ' ', 'ß', '█', '😀', '\r', '\n', '[', '[log-mark ', mark.slice(0, 30)), { maxLength: 30 })
  .map((parts) => `${parts.join('')}\n`);

/** Puts times before the lines of an output, as the kubelet does. @param marks offsets in bytes at which marks stand */
const kubeletLines = (output: Buffer, marks: readonly number[]): Buffer[] => {
  const places = [...new Set(marks.map((at) => at % output.length))].sort((a, b) => a - b);
  const pieces = [0, ...places].map((from, at) => output.subarray(from, places[at] ?? output.length));
  const marked = Buffer.concat(pieces.flatMap((piece, at) => (at === 0 ? [piece] : [Buffer.from(mark), piece])));
  const lines: Buffer[] = [];
  for (let from = 0; from < marked.length; ) {
    const end = marked.indexOf(10, from) + 1;
    lines.push(marked.subarray(from, end));
    from = end;
  }
  return lines.map((line, at) => Buffer.concat([Buffer.from(`${timeAt(at * 1000)} `), line]));
};

const cut = (bytes: Buffer, sizes: readonly number[]): Buffer[] => {
  const parts: Buffer[] = [];
  for (let from = 0, at = 0; from < bytes.length; at += 1) {
    const size = sizes[at % sizes.length] ?? 1;
    parts.push(bytes.subarray(from, from + size));
    from += size;
  }
  return parts;
};

test('property: marks change no line, wherever they stand and however the bytes are cut', () => {
  fc.assert(
    fc.property(
      outputs,
      fc.array(fc.nat(), { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }),
      (output, marks, sizes) => {
        const lines = new RawLines(name);
        const bytes = Buffer.concat(kubeletLines(Buffer.from(output), marks));
        const joined = shown([...cut(bytes, sizes).flatMap((part) => lines.push(part)), ...lines.finish()]);
        const plain = new LineSplitter();
        const expected = plain.push(Buffer.concat(kubeletLines(Buffer.from(output), [])));
        expect(joined.map(({ text }) => text)).toEqual(shown(expected).map(({ text }) => text));
      },
    ),
  );
});

test('a joined line has the time of its first part, and every part is reported with its own time', () => {
  const lines = new RawLines(name);
  const rawLines = lines.push(Buffer.concat(kubeletLines(Buffer.from('a\nbcd\ne\n'), [3, 4])));
  expect(rawLines.map(({ time, text, isPart }) => [time, isPart ? 'part' : text])).toEqual([
    [timeAt(0), 'a'],
    [timeAt(1000), 'part'],
    [timeAt(2000), 'part'],
    [timeAt(1000), 'bcd'],
    [timeAt(3000), 'part'],
    [timeAt(4000), 'e'],
  ]);
});

test('a line after a pause has the time of its first part that has text, and a mark after the last line adds no line', () => {
  const lines = new RawLines(name);
  const read = (bytes: readonly Buffer[]) => shown(lines.push(Buffer.concat(bytes)));
  expect(read(kubeletLines(Buffer.from('a\nb\n'), [2]))).toEqual([
    { time: timeAt(0), text: 'a' },
    { time: timeAt(2000), text: 'b' },
  ]);
  const marks = [3000, 4000].map((ms) => Buffer.from(`${timeAt(ms)} ${mark}`));
  expect(read([...marks, Buffer.from(`${timeAt(5000)} c${mark}${timeAt(6000)} d\n`)])).toEqual([
    { time: timeAt(5000), text: 'cd' },
  ]);
  expect(read(marks)).toEqual([]);
  expect(shown(lines.finish())).toEqual([]);
});

test('the unfinished line is known at a mark, and not behind it', () => {
  const lines = new RawLines(name);
  lines.push(Buffer.from(`${timeAt(0)} 10%${mark}`));
  expect(lines.unfinishedAtMark).toMatchObject({ time: timeAt(0), text: '10%' });
  lines.push(Buffer.from(`${timeAt(1000)} `));
  expect(lines.unfinishedAtMark).toBeUndefined();
  lines.push(Buffer.from(`\r20%${mark.slice(0, 20)}`));
  expect(lines.unfinishedAtMark).toBeUndefined();
  lines.push(Buffer.from(mark.slice(20)));
  expect(lines.unfinishedAtMark).toMatchObject({ time: timeAt(0), text: '10%\r20%' });
});

/** Pieces of a line, each of which a mark has ended. */
const marked = Buffer.from(`x${mark}${timeAt(0)} `.repeat(3000));

/** Splits a line that begins with `text` and goes on with 3,000 pieces. */
const splitMarked = (text: string): void => {
  const lines = new RawLines(name);
  lines.push(Buffer.from(`${timeAt(0)} ${text}`));
  lines.push(marked);
};

test('marks within a line with long states take about as long to find as within a short line', () => {
  const bound =
    5 *
    Math.max(
      5000,
      leastWork(() => splitMarked('')),
    );
  // Searching the whole line at each mark takes some 15 times as long as within a short line.
  expectWork(() => splitMarked(`${'y'.repeat(65_000)}\r${'y'.repeat(60_000)}`), bound);
});
