import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openapiProblems } from '../../../../scripts/openapi/problems.ts';

const contract = join(import.meta.dirname, '../../../../openapi/openapi.yaml');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openapi-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('the contract has no problem', async () => expect(await openapiProblems(contract)).toEqual([]));

const mistakes: [mistake: string, part: string, changed: string, rule: string][] = [
  ['a reference that leads nowhere', 'schemas/GetResponse"', 'schemas/Missing"', 'no-unresolved-refs'],
  ['a field that OpenAPI does not have', 'summary: Get one build.', 'sumary: Get one build.', 'struct'],
  ['an operation without a summary', '      summary: Get the newest build of the tool.\n', '', 'operation-summary'],
  ['two operations with one name', 'operationId: latest', 'operationId: list', 'operation-operationId-unique'],
  [
    'a path parameter that is not described',
    '/builds/{id}/cancel:',
    '/builds/{name}/cancel:',
    'path-parameters-defined',
  ],
  ['a tag that is not described', 'tags: [logs]', 'tags: [log]', 'operation-tag-defined'],
  [
    'an example that its schema does not allow',
    'status: BUILD_SUCCESS',
    'status: BUILD_DONE',
    'no-invalid-media-type-examples',
  ],
  ['a security scheme that is not described', '  - gateway: []', '  - gate: []', 'security-defined'],
  ['a schema that nothing uses', '    Scope: {', '    Unused: { type: string }\n    Scope: {', 'no-unused-components'],
];

describe('in a document with every mistake', () => {
  let problems: string;

  beforeAll(async () => {
    let text = await readFile(contract, 'utf8');
    for (const [, part, changed] of mistakes) {
      expect(text).toContain(part);
      text = text.replace(part, changed);
    }
    const file = join(folder, 'openapi.yaml');
    await writeFile(file, text);
    problems = (await openapiProblems(file)).join('\n');
  });

  test.each(mistakes)('%s is a problem', (_mistake, _part, _changed, rule) => expect(problems).toContain(`(${rule})`));
});
