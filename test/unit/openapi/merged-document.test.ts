import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mergedDocument } from '../../support/merged-document.ts';

const modules = join(import.meta.dirname, '../../../node_modules');
const document = mergedDocument();
const operations = Object.values(document.paths).flatMap((item) => Object.values(item));

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'merged-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Part = { path: string; value: Record<string, unknown> };

/** Returns every object within a value, with its path. */
const partsOf = (value: unknown, path = ''): Part[] => {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.entries(value).flatMap(([key, child]) => partsOf(child, `${path}/${key}`));
  return [{ path, value: value as Part['value'] }, ...inner];
};

const parts = partsOf(document);

/** Runs a program of Node. @throws Error with the program's output if the program fails */
const run = async (...words: string[]): Promise<void> => {
  await promisify(execFile)(process.execPath, words, { cwd: folder }).catch(({ stdout, stderr }) => {
    throw new Error(`${words[0]} failed:\n${stdout}${stderr}`);
  });
};

test('the operations of builds-api 2 keep their names in the merged document', () => {
  const names = ['start', 'list', 'latest', 'get', 'delete', 'cancel', 'logs', 'clean', 'quota'];
  const ids = [...names, 'metrics', 'healthcheck', 'openapi'].map((name) => `builds-${name}`);
  expect(operations.map(({ operationId }) => operationId)).toEqual(expect.arrayContaining(ids));
});

test('the schemas of builds-api 2 keep their names in the merged document', () => {
  const responses = ['Health', 'Start', 'Delete', 'List', 'Latest', 'Quota', 'Get', 'Cancel', 'Clean'];
  const builds = ['BuildLog', 'NewBuild', 'Build', 'BuildParameters', 'BuildCondition', 'BuildStatus'];
  const names = [...responses.map((name) => `${name}Response`), ...builds, 'ResponseMessages'];
  const quota = ['Quota', 'QuotaCategory', 'QuotaCategoryItem'];
  expect(Object.keys(document.components.schemas)).toEqual(
    expect.arrayContaining([...names, ...quota].map((name) => `Builds${name}`)),
  );
});

test('every reference in the merged document leads to one of its schemas', () => {
  const references = parts.flatMap(({ value }) => (typeof value.$ref === 'string' ? [value.$ref] : []));
  const schemas = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
  expect(references.filter((reference) => !schemas.includes(reference))).toEqual([]);
  expect(references.length).toBeGreaterThan(20);
});

test('no path of the document has parameters of its own', () => {
  expect(Object.values(document.paths).flatMap((item) => Object.keys(item))).not.toContain('parameters');
});

test('no operation names a scheme of security, because the merge loses the schemes', () => {
  const named = operations.flatMap((operation) => ('security' in operation ? (operation.security as object[]) : []));
  expect(named).toEqual([]);
});

test('no object of the document is closed to new fields', () => {
  const closing = ({ value }: Part) => [value.additionalProperties, value.unevaluatedProperties].includes(false);
  expect(parts.filter(closing).map(({ path }) => path)).toEqual([]);
});

test('only the URL of the source is required in the schemas', () => {
  const required = parts.filter(({ path, value }) => path.startsWith('/components') && Array.isArray(value.required));
  expect(required.map(({ path, value }) => [path, value.required])).toEqual([
    ['/components/schemas/BuildsBuildParameters', ['source_url']],
  ]);
});

test('no object or enumeration of a new schema is nameless, because generators would make up a name that can clash', () => {
  const nameless = parts.filter(
    ({ path, value }) => /^\/components\/schemas\/\w+\/(?!allOf\/\d+$)/.test(path) && (value.properties || value.enum),
  );
  const models = nameless.filter(({ path, value }) => !path.endsWith('/properties') && typeof value.type === 'string');
  // builds-api 2 has this one.
  expect(models.map(({ path }) => path)).toEqual(['/components/schemas/BuildsHealthResponse/properties/status']);
});

/**
 * Options of openapi-typescript for a document whose schemas describe requests too: a field with a default may be
 * absent.
 */
const requestsToo = ['--default-non-nullable', 'false'];

/** A program that uses the models as components-api does: it reads the list, starts a build and looks at its status. */
const program = `import type { components, operations, paths } from './client.d.ts';
type Schemas = components['schemas'];
const request: Schemas['BuildsBuildParameters'] = { source_url: 'https://example.org/x', image_name: 'web' };
const list: Schemas['BuildsListResponse'] = {
  builds: [{ build_id: 'b', status: 'BUILD_SUCCESS', parameters: request, resolved_ref: 'a' }],
};
const isReusable = ({ status, parameters }: Schemas['BuildsBuild']): boolean =>
  status === 'BUILD_SUCCESS' && parameters?.image_name === request.image_name && !parameters?.use_latest_versions;
const found: Schemas['BuildsBuild'] | undefined = list.builds?.find(isReusable);
const status: Schemas['BuildsBuildStatus'] | undefined = found?.status;
const body: operations['builds-start']['requestBody']['content']['application/json'] = request;
const query: operations['builds-logs']['parameters']['query'] = { follow: true };
const started: paths['/builds/v1/tool/{toolname}/builds']['post'] extends operations['builds-start'] ? true : false = true;
export { body, query, started, status };
`;

test('openapi-typescript generates the models that components-api imports from the merged document', async () => {
  await writeFile(join(folder, 'merged.json'), JSON.stringify(document));
  await run(join(modules, 'openapi-typescript/bin/cli.js'), 'merged.json', '--output', 'client.d.ts', ...requestsToo);
  await writeFile(join(folder, 'program.ts'), program);
  const options = ['--noEmit', '--strict', '--allowImportingTsExtensions', '--module', 'esnext', '--types', ''];
  await run(join(modules, '@typescript/native/bin/tsc'), ...options, 'program.ts');
}, 30_000);
