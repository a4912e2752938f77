import { expect } from '@jest/globals';
import fc from 'fast-check';
import { cursorTag, encodeCursor, parseCursor } from '../../lib/logs/cursor.ts';
import { createSecretFinder } from '../../lib/logs/masking/secret-finder.ts';
import { StepLines } from '../../lib/logs/pod/step-lines.ts';
import { body, fold } from '../unit/lib/logs/masking/keys.ts';
import { fuzz } from './fuzz.ts';
import { mutated } from './mutated.ts';

const tag = cursorTag('b-1');
const findSecrets = createSecretFinder([]);
const seconds = Date.UTC(2026, 10, 22, 8, 2, 11) / 1000;

const cursors = fc.record({
  step: fc.constantFrom('build', 'clone'),
  line: fc.nat(),
  seconds: fc.integer({ min: seconds - 3, max: seconds + 30 }),
  fraction: fc.stringMatching(/^\d{0,9}$/),
  sameTimeBefore: fc.nat(40),
});

const sample = { step: 'build', line: 7, seconds, fraction: '123456789', sameTimeBefore: 0 };
const samples = [encodeCursor(tag, sample), `${encodeCursor(tag, { ...sample, sameTimeBefore: 3 })}.74`];

fuzz('a cursor is refused with 400, or it is the only text of its line', mutated(...samples), (bytes) => {
  const text = bytes.toString();
  try {
    const again = encodeCursor(tag, parseCursor(text, 'b-1'));
    const withoutOldPart =
      text.split('.').length === 7 ? text.slice(0, text.lastIndexOf('.')).replace(/\.0$/, '') : text;
    expect(again).toBe(withoutOldPart);
  } catch (error) {
    expect(error).toMatchObject({ status: 400, code: 'cursor_invalid' });
  }
});

const line = fc.oneof(
  fc.constantFrom('a', '--', '-----BEGIN RSA PR', 'IVATE KEY-----', 'Private-Lines: 3', 'Private-MAC: 00', ''),
  fc.constantFrom(
    '-----BEGIN PRIVATE KEY-----',
    '-----END PRIVATE KEY-----',
    '\u001b[1m-----BEGIN EC PRIVATE KEY-----',
  ),
  fc.constantFrom(...fold(body(160, 1), 8), ...fold(body(256, 2), 64)),
);
const logs = fc.array(fc.tuple(line, fc.nat(900)), { minLength: 1, maxLength: 120 });

const bytesOf = (log: readonly (readonly [string, number])[]): Buffer => {
  let ms = seconds * 1000;
  const lines = log.map(([text, pause]) => {
    ms += pause;
    return `${new Date(ms).toISOString()} ${text}\n`;
  });
  return Buffer.from(lines.join(''));
};

const textsOf = (lines: StepLines, bytes: Buffer): string[] =>
  lines.push(bytes).flatMap((event) => (event.type === 'line' ? [event.text] : []));

fuzz(
  'a cursor that was made up shows the end of what a reader from the start sees, or nothing',
  fc.tuple(logs, cursors),
  ([log, from]) => {
    const bytes = bytesOf(log);
    const whole = textsOf(new StepLines({ tag, step: 'build', findSecrets }), bytes);
    for (const cursorLost of [undefined, 'rotated'] as const) {
      const shown = textsOf(new StepLines({ tag, step: 'build', findSecrets, from, cursorLost }), bytes);
      expect(shown).toEqual(whole.slice(whole.length - shown.length));
    }
  },
);

fuzz('a log resumed after any line continues with the same lines', fc.tuple(logs, fc.nat()), ([log, pick]) => {
  const bytes = bytesOf(log);
  const first = new StepLines({ tag, step: 'build', findSecrets });
  const whole = textsOf(first, bytes);
  const part = new StepLines({ tag, step: 'build', findSecrets });
  const count = 1 + (pick % log.length);
  textsOf(part, bytesOf(log.slice(0, count)));
  const next = new StepLines({ tag, step: 'build', findSecrets, from: part.position, restart: part.restart });
  const sinceMs = part.restart ? (part.restart.seconds - 1) * 1000 : 0;
  const lines = bytes.toString().split(/(?<=\n)/);
  const served = lines.filter((text) => Date.parse(text.slice(0, 24)) >= sinceMs).join('');
  expect(textsOf(next, Buffer.from(served))).toEqual(whole.slice(count));
});
