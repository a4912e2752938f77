import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { type Document, type Operation, operations } from '../../../../openapi/operations.ts';
import { exposedOperations } from '../../../../scripts/generate/facts.ts';
import { deploymentOutputs } from '../../../../scripts/generate/outputs.ts';

const root = join(import.meta.dirname, '../../../..');
const document = load(await readFile(join(root, 'openapi/openapi.yaml'), 'utf8')) as Document;
const outputs = await deploymentOutputs(document);

test.each(Object.keys(outputs))('%s is what npm run generate makes', async (path) => {
  expect(await readFile(join(root, path), 'utf8')).toBe(outputs[path]);
});

test.each(Object.keys(outputs))('the first line of %s names its source and says not to edit the file', (path) => {
  expect(outputs[path]?.split('\n')[0]).toMatch(/Made by npm run generate from \S.*\. Do not edit\./);
});

test('an operation whose function has no row in the table is refused with the name of the missing row', () => {
  const ping = { ...(operations(document)[0] as Operation), id: 'ping', fn: 'ping' };
  expect(() => exposedOperations([ping])).toThrow('add an endpoint ping to functions/table.ts');
  expect(() => exposedOperations([{ ...ping, fn: 'sweep' }])).toThrow('add an endpoint sweep to functions/table.ts');
});

test('docs/settings.md names the functions that read a setting, and the former names of settings', () => {
  const page = outputs['docs/settings.md'] ?? '';
  expect(page).toMatch(/^\| sweep \|.*\bAUTH_KEYS_CONFIG_MAP\b/m);
  expect(page).toMatch(/^\| quota \|.*\bREGISTRY_URL\b/m);
  expect(page).not.toMatch(/^\| whoami \|.*\bREGISTRY_URL\b/m);
  expect(page).toContain('| `FOLLOWER_IMAGE` | `ARCHIVER_IMAGE` |');
});
