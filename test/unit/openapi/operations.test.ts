import { expect, test } from '@jest/globals';
import { operations, parseDocument } from '../../../openapi/operations.ts';

const documentOf = (lines: string) => parseDocument(`x-shared: { id: &id { name: id } }\npaths:\n${lines}`);

test('parseDocument puts shared parts where they are named, and leaves their definition out of the document', () => {
  const document = documentOf('  /v1/ping: { get: { operationId: ping, parameters: [*id] } }');
  expect(document).toEqual({ paths: { '/v1/ping': { get: { operationId: 'ping', parameters: [{ name: 'id' }] } } } });
});

test('operations refuses an operation on a tool that any caller could use for any tool', () => {
  const document = documentOf('  /v1/tool/{toolname}/ping: { get: { operationId: ping } }');
  expect(() => operations(document, (id) => id)).toThrow('Operation ping acts on a tool: say in x-scope');
  const scoped = documentOf('  /v1/tool/{toolname}/ping: { get: { operationId: ping, x-scope: read } }');
  expect(operations(scoped, (id) => id)).toMatchObject([{ id: 'ping', fn: 'ping', scope: 'read', open: false }]);
});
