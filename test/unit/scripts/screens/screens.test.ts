import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { fileOf, pageOf, screens, widths } from '../../../../scripts/screens/screens.ts';

const folder = join(import.meta.dirname, '../../../../docs/screens');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

test('docs/screens has each screen at each width and in a pipe, and a page that shows them', () => {
  const files = screens.flatMap((screen) => [...widths, undefined].map((columns) => fileOf(screen, columns)));
  expect(readdirSync(folder).sort()).toEqual([...files, 'README.md'].sort());
  expect(read('README.md')).toBe(pageOf());
});

test('no screen shows an address of the machine that made it', () => {
  for (const name of readdirSync(folder)) expect(read(name)).not.toMatch(/127\.0\.0\.1|localhost|\/tmp\//);
});

test('a screen in a pipe has no control sequence', () => {
  for (const screen of screens) expect(read(fileOf(screen, undefined))).not.toContain('\u001b');
});

test('the pictures of the list show the columns that the list has today', () => {
  for (const columns of widths)
    expect(read(`list-${columns}.svg`).replace(/<[^>]*>/g, '')).toMatch(/ID {10}STATUS +AGE +DURATION +REF +COMMIT/);
  expect(read('list-160.svg')).toContain('SOURCE');
  expect(read('list.txt')).toMatch(/\nID +STATUS +STARTED +DURATION +REF +COMMIT +IMAGE +SOURCE\n/);
});
