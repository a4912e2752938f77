import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../../..');
const sources = execFileSync('git', ['ls-files', '*.ts', '*.mjs', '*.js', '*.yaml', '*.sh', '*.conf', '*.env'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter(
    (file) =>
      file !== '' &&
      existsSync(join(root, file)) &&
      !/^(openapi\/generated|knative\/.*generated|examples|test\/fixtures)/.test(file),
  );

/** Words that begin a fragment: a comment that starts with one of them has no subject, or names none. */
const fragment =
  /^(Of|As|What|Whoever|Who|Whose|Those|Such|Behind|Which|That|So (?:often|long|much|many|few)|Told|Made|Here|There|Where)\b/;

type Comment = { line: number; text: string };

const opening = (line: string): string | undefined => /^\s*(?:\/\*\*?|\/\/|#)\s+(\S.*)$/.exec(line)?.[1];

/** Returns the first line of each comment. A line that continues a comment is left out: it may begin with any word. */
const commentsOf = (text: string): Comment[] => {
  const lines = text.split('\n');
  const continues = (at: number): boolean =>
    /^\s*(?:\/\/|#)\s/.test(lines[at - 1] ?? '') && !/^\s*\/\*/.test(lines[at] ?? '');
  return lines.flatMap((line, at) => {
    const first =
      opening(line) ?? (/^\s*\/\*\*$/.test(lines[at - 1] ?? '') ? /^\s*\*\s+(\S.*)$/.exec(line)?.[1] : undefined);
    return first === undefined || continues(at) ? [] : [{ line: at + 1, text: first }];
  });
};

test('comments are found by their first line', () => {
  const text = '/** One. */\n// Two\n// three\nconst x = 1;\n/**\n * Four\n * five\n */\n# Six';
  expect(commentsOf(text).map(({ text }) => text.replace(' */', ''))).toEqual(['One.', 'Two', 'Four', 'Six']);
});

test('no comment begins as a fragment: each has a subject and a verb', () => {
  const found = sources.flatMap((file) =>
    commentsOf(readFileSync(join(root, file), 'utf8'))
      .filter(({ text }) => fragment.test(text))
      .map(({ line, text }) => `${file}:${line}: ${text}`),
  );
  expect(found).toEqual([]);
});
