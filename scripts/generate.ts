/**
 * `npm run generate` writes every file that follows from openapi/openapi.yaml, functions/table.ts and
 * lib/config/settings.ts. `npm run generate -- --check` writes nothing and fails where a file differs.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { operations, parseDocument } from '../openapi/operations.ts';
import { contractOutputs } from '../openapi/outputs.ts';
import { functionOf } from './generate/facts.ts';

const root = join(import.meta.dirname, '..');
const isCheck = process.argv.includes('--check');

const check = async (path: string, content: string): Promise<boolean> => {
  const present = await readFile(join(root, path), 'utf8').catch(() => '');
  if (present !== content) console.error(`${path} is out of date: run \`npm run generate\`.`);
  return present === content;
};

const write = async (path: string, content: string): Promise<boolean> => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
  return true;
};

const finish = async (outputs: Record<string, string>): Promise<void> => {
  const finishOne = isCheck ? check : write;
  const results = await Promise.all(Object.entries(outputs).map(([path, content]) => finishOne(path, content)));
  if (!results.every(Boolean)) process.exitCode = 1;
};

const document = parseDocument(await readFile(join(root, 'openapi/openapi.yaml'), 'utf8'));
await finish(await contractOutputs(document, operations(document, functionOf)));
// This import comes last, because the settings page imports each wire.ts, which imports generated files.
const { deploymentOutputs } = await import('./generate/outputs.ts');
await finish(await deploymentOutputs(document));
