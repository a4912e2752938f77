import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../../..');
const page = await readFile(join(root, 'docs/security.md'), 'utf8');

/** Each test that the page names: its file, and what its title says, where it is quoted. */
const named = [...page.matchAll(/`(test\/[^`]+)`(?: “([^”]+)”)?/g)].map(([, file = '', title = '']) => [file, title]);

test('the page names tests', () => expect(named.length).toBeGreaterThan(30));

test.each(named)('there is %s “%s”', async (file = '', title = '') => {
  expect(await readFile(join(root, file), 'utf8')).toContain(title);
});
