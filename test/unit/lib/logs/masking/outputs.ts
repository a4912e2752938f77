import fc from 'fast-check';
import { body, fold } from './keys.ts';
import { secrets } from './secrets.ts';

/** An output of a failing step, and the parts of its secrets that no reader may see. */
export type Output = { text: string; hidden: string[] };

const nothing = (text: string): Output => ({ text, hidden: [] });

const plain = fc.oneof(
  fc.constantFrom(
    ...['Error: the build failed', 'npm ERR! code 1', '', '   at Object.<anonymous> (/workspace/source/index.js:7:9)'],
    ...[
      'Не удалось собрать проект: ошибка в строке 7',
      '构建失败：找不到模块',
      '빌드 실패',
      'פעולה נכשלה',
      '🚧🚧🚧 ошибка 🚧',
    ],
    ...['\u001b[31merror\u001b[0m in \u001b[1mmain.js\u001b[0m', '10%\r20%\r30%', 'a\tb', '<&>"\\'.repeat(20)],
  ),
  fc.nat(300).map((length) => 'строка '.repeat(length)),
  fc.nat(900).map((length) => 'x'.repeat(length)),
);

// A line of these samples has nothing but ASCII, so that the secret's end is a part of what is printed.
const samples = secrets.filter(({ secret, line }) => line.includes(secret) && /^[\x20-\x7e]+$/.test(line));

const secretLine = fc
  .tuple(fc.constantFrom(...samples), plain, plain)
  .map(([{ secret, line }, before, after]): Output => {
    return { text: `${before} ${line} ${after}`, hidden: [secret.slice(-12)] };
  });

const key = fc.tuple(fc.nat(9), fc.constantFrom(16, 20, 64, 76)).map(([seed, width]): Output => {
  const lines = fold(body(width * 20, seed + 70), width);
  const text = ['-----BEGIN RSA PRIVATE KEY-----', ...lines, '-----END RSA PRIVATE KEY-----'].join('\n');
  return { text, hidden: lines.map((line) => line.slice(-12)) };
});

/** Generates outputs of one line or many, with secrets at any place. */
export const outputs: fc.Arbitrary<Output> = fc
  .array(fc.oneof({ weight: 3, arbitrary: plain.map(nothing) }, { weight: 2, arbitrary: secretLine }, key), {
    minLength: 1,
    maxLength: 30,
  })
  .chain((parts) =>
    fc.constantFrom('\n', '\n', '\r\n', '\r', ' ').map((glue) => ({
      text: parts.map(({ text }) => text).join(glue),
      hidden: parts.flatMap(({ hidden }) => hidden),
    })),
  );
