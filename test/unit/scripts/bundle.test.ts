import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { services } from '../../../functions/table.ts';
import { entryOf, functionPrograms } from '../../../scripts/bundle/entries.ts';

const root = join(import.meta.dirname, '../../..');

test('the program of every function imports exports that exist', async () => {
  const result = await build({
    entryPoints: Object.fromEntries(Object.entries(services).map(([name, { kind }]) => [name, entryOf(kind, name)])),
    plugins: [functionPrograms(root)],
    packages: 'external',
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    logLevel: 'silent',
    outdir: join(root, 'dist'),
  });
  expect(result.warnings).toEqual([]);
  expect(result.outputFiles).toHaveLength(Object.keys(services).length);
});
