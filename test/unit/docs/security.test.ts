import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../../..');
const page = await readFile(join(root, 'docs/security.md'), 'utf8');

/** Tests that docs/security.md names: the file, and the quoted part of the title. */
const named = [...page.matchAll(/`(test\/[^`]+)`(?: “([^”]+)”)?/g)].map(([, file = '', title = '']) => [file, title]);

test('docs/security.md names more than 30 tests', () => expect(named.length).toBeGreaterThan(30));

test.each(named)('docs/security.md names a test that exists: %s “%s”', async (file = '', title = '') => {
  const isThere = (await readFile(join(root, file), 'utf8')).includes(title);
  expect({ file, title, isThere }).toEqual({ file, title, isThere: true });
});
