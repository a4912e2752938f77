import { expect } from '@jest/globals';
import fc from 'fast-check';
import { createSecretFinder } from '../../lib/logs/masking/secret-finder.ts';
import { RawLines } from '../../lib/logs/pod/raw-lines.ts';
import { StepLines } from '../../lib/logs/pod/step-lines.ts';
import { continuesMark, StepMarks } from '../../lib/logs/pod/step-marks.ts';
import { timeAt } from '../support/kubernetes/build-pod.ts';
import { markName as name } from '../support/log-marks.ts';
import { outputs } from '../unit/lib/logs/masking/outputs.ts';
import { fuzz } from './fuzz.ts';

const mark = continuesMark(name);

/** Puts marks into an output, and times before its lines, as the kubelet does. @returns one buffer for each line */
const kubeletLines = (output: string, places: readonly number[]): Buffer[] => {
  const bytes = Buffer.from(output);
  const sorted = [...new Set(places.map((at) => at % (bytes.length + 1)))].sort((a, b) => a - b);
  const pieces = [0, ...sorted].map((from, at) => bytes.subarray(from, sorted[at] ?? bytes.length));
  const marked = Buffer.concat(pieces.flatMap((piece, at) => (at === 0 ? [piece] : [Buffer.from(mark), piece])));
  const lines = marked.toString('latin1').split(/(?<=\n)/);
  return lines.map((line, at) => Buffer.from(`${timeAt(at * 1000)} ${line}`, 'latin1'));
};

const places = fc.array(fc.nat(), { maxLength: 12 });

fuzz(
  'no state of an unfinished line shows a part of a secret, wherever marks stand and lines end',
  fc.tuple(outputs, places, fc.constantFrom('\n', '\r', '\r\n')),
  ([{ text, hidden }, at, lineEnd]) => {
    const lines = new StepLines({
      ...{ tag: 'tag', step: 'build', findSecrets: createSecretFinder([]) },
      marks: new StepMarks(name, true),
    });
    const parts = kubeletLines(`\r${text.replaceAll('\n', lineEnd)}\n`, at);
    const events = [...parts.flatMap((part) => lines.push(part)), ...lines.finish()];
    const shown = events.flatMap((event) => ('text' in event ? [event.text] : []));
    for (const part of hidden) for (const state of shown) expect(state).not.toContain(part);
  },
);

fuzz(
  'any bytes with any marks are split into lines',
  fc.tuple(fc.uint8Array({ maxLength: 5000 }), places),
  ([bytes, at]) => {
    const lines = new RawLines(name);
    const all = Buffer.concat(kubeletLines(Buffer.from(bytes).toString('latin1'), at));
    for (let from = 0; from < all.length; from += 97) lines.push(all.subarray(from, from + 97));
    expect(Array.isArray(lines.finish())).toBe(true);
  },
);
