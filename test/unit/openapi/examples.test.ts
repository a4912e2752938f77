import { expect, test } from '@jest/globals';
import contract from '../../../openapi/generated/openapi.json' with { type: 'json' };
import { schemaNamed, violationsOf } from '../../support/contract-schemas.ts';

type MediaType = { schema: object; example?: unknown; examples?: Record<string, { value: unknown }> };
type Body = { content: Record<string, MediaType> };
type Operation = { operationId: string; tags?: string[]; requestBody?: Body; responses: Record<string, Body> };

/** An example with its schema, and where the document has it. An absent example is undefined. */
type Example = { place: string; status: string; schema: object; value: unknown };

const examplesIn = (place: string, status: string, { content }: Body): Example[] =>
  Object.entries(content).flatMap(([type, { schema, example, examples }]) => {
    const values = examples ? Object.values(examples).map(({ value }) => value) : [example];
    return values.map((value) => ({ place: `${place} ${type}`, status, schema, value }));
  });

const operations = Object.values(contract.paths).flatMap((item) => Object.values(item)) as unknown as Operation[];
const examples = operations.flatMap(({ operationId, requestBody, responses }) => [
  ...(requestBody ? examplesIn(`${operationId}, request`, '', requestBody) : []),
  ...Object.entries(responses).flatMap(([status, body]) => examplesIn(`${operationId}, ${status}`, status, body)),
]);

test('every operation has one tag, by which a client finds it', () =>
  expect(operations.filter(({ tags }) => tags?.length !== 1).map(({ operationId }) => operationId)).toEqual([]));

test('every request and response of the document has an example', () => {
  expect(examples.length).toBeGreaterThan(40);
  expect(examples.filter(({ value }) => value === undefined).map(({ place }) => place)).toEqual([]);
});

test.each(examples)('the example for $place is what the service sends', ({ schema, value }) =>
  expect(violationsOf(value, schema)).toEqual([]),
);

test('an example with a missing or an unknown field is refused', () => {
  const schema = schemaNamed('Error');
  expect(violationsOf({ error: ['x'] }, schema)).toHaveLength(1);
  expect(violationsOf({ error: ['x'], code: 'internal', other: 1 }, schema)).toHaveLength(1);
});

/** Statuses of each error code, from the table in the document's description. */
const statuses = new Map(
  [...contract.info.description.matchAll(/^\| (\w+) \| (\d{3}) \| (.*) \|$/gm)].map(([, code, status, text]) => [
    code,
    [status, ...(text?.match(/\b[45]\d\d\b/g) ?? [])],
  ]),
);

test.each(examples.filter(({ value }) => typeof value === 'object' && value !== null && 'error' in value))(
  'the error in the example for $place has a code that belongs to its status',
  ({ status, value }) => {
    const known = statuses.get((value as { code: string }).code);
    expect(known).toBeDefined();
    if (status !== 'default') expect(known).toContain(status);
  },
);

test('the events in the example of a log in the format sse have the documented data', () => {
  const { value } = examples.find(({ place }) => place.endsWith('text/event-stream')) ?? {};
  const events = [...String(value).matchAll(/^event: (\w+)\ndata: (.*)$/gm)].map(([, event = '', data = '']) => ({
    schema: `Log${event.charAt(0).toUpperCase()}${event.slice(1)}Data`,
    data: JSON.parse(data),
  }));
  expect(events.map(({ schema }) => schema)).toHaveLength(4);
  for (const { schema, data } of events) expect(violationsOf(data, schemaNamed(schema))).toEqual([]);
});
