import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { MarkedOutput } from '../../../../embedded/lifecycle/marked-output.ts';

test('an unfinished line is ended by a mark once for each change, and at every second call at most', () => {
  const output = new PassThrough({ encoding: 'utf8' });
  const marked = new MarkedOutput(output, 'x');
  const print = (text: string): void => {
    marked.count(Buffer.from(text));
    output.write(text);
  };
  marked.showUnfinishedLine();
  print('\r1%');
  marked.showUnfinishedLine();
  print('\r2%');
  marked.showUnfinishedLine();
  marked.showUnfinishedLine();
  marked.showUnfinishedLine();
  marked.showUnfinishedLine();
  print('\n');
  marked.end();
  expect(output.read()).toBe(
    '\r1%[log-mark x] continues\n\r2%[log-mark x] continues\n\n[log-mark x] end: 1 lines, 7 bytes\n',
  );
});
