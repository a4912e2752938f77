import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { pagePath, settingsPage } from '../../../scripts/settings-page.ts';

test('docs/settings.md is what the table of settings makes', async () => {
  expect(await readFile(pagePath, 'utf8')).toBe(settingsPage());
});
