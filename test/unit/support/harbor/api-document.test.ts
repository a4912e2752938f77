import { expect, test } from '@jest/globals';
import { findOperation, requestProblems, responseProblems } from '../../../support/harbor/api-document.ts';

const at = (path: string) => new URL(`/api/v2.0${path}`, 'http://harbor');
const json = { 'content-type': 'application/json' };

const request = (method: string, path: string, body = '', headers: Record<string, unknown> = json) => {
  const operation = findOperation(method, at(path));
  if (!operation) throw new Error(`no operation for ${method} ${path}`);
  return requestProblems(operation, { method, url: at(path), headers, body });
};

const response = (method: string, path: string, status: number, body?: unknown, headers = {}) => {
  const operation = findOperation(method, at(path));
  if (!operation) throw new Error(`no operation for ${method} ${path}`);
  return responseProblems(operation, { status, headers, body });
};

test.each([
  ['GET', '/project/x'],
  ['PUT', '/projects/x'],
  ['GET', '/projects/x/summary/y'],
])("Harbor's API document has no operation %s %s", (method, path) => {
  expect(findOperation(method, at(path))).toBeUndefined();
  expect(findOperation('GET', new URL('http://harbor/projects/x'))).toBeUndefined();
});

test.each<[string, string, string, string, RegExp]>([
  ['a misspelled field', 'POST', '/projects', '{"project":"a"}', /additional properties.*project/],
  ['a field of another type', 'POST', '/projects', '{"project_name":"a","public":"yes"}', /public must be/],
  ['a name that is too long', 'POST', '/projects', `{"project_name":"${'a'.repeat(256)}"}`, /must NOT have more than/],
  ['no body', 'POST', '/projects', '', /project is missing/],
  ['a body that is not JSON', 'POST', '/projects', '{', /must be object/],
  ['a body where there is none', 'GET', '/projects/x', '{}', /has no body/],
  ['an unknown query parameter', 'GET', '/projects/x/summary?detail=1', '', /no query parameter detail/],
  ['a page that is too large', 'GET', '/projects/x/repositories?page_size=101', '', /page_size must be <= 100/],
  ['a page that is no number', 'GET', '/projects/x/repositories?page=one', '', /page must be integer/],
  ['a missing query parameter', 'HEAD', '/projects', '', /project_name is missing/],
])('the check of requests to Harbor finds %s', (_, method, path, body, problem) => {
  expect(request(method, path, body).join()).toMatch(problem);
});

test('the check of requests to Harbor finds a body of another media type', () => {
  expect(request('POST', '/projects', '{}', {})).toEqual(['createProject: the body must be application/json']);
});

test.each<[string, string, string, number, unknown, RegExp]>([
  ['an undocumented status', 'GET', '/projects/x', 418, undefined, /no status 418/],
  ['an undocumented field', 'GET', '/projects/x', 200, { public: true }, /additional properties.*public/],
  ['a field of another type', 'GET', '/projects/x', 200, { metadata: { public: true } }, /must be string/],
  ['another type', 'GET', '/projects/x/repositories', 200, {}, /must be array/],
  ['an error without its list', 'GET', '/projects/x', 403, { errors: 'no' }, /must be array/],
  ['a body where there is none', 'POST', '/projects', 201, {}, /has no body/],
])("the check of Harbor's responses finds %s", (_, method, path, status, body, problem) => {
  expect(response(method, path, status, body).join()).toMatch(problem);
});

test("the check of Harbor's responses finds an undocumented header", () => {
  expect(response('GET', '/projects/x', 200, {}, { 'X-Total': '1' })).toEqual([
    'getProject: the document has no header X-Total',
  ]);
});

test("the check of Harbor's responses allows null only where the document does", () => {
  const metadata = (field: string) => response('GET', '/projects/x', 200, { metadata: { [field]: null } });
  expect(metadata('severity')).toEqual([]);
  expect(metadata('public')).not.toEqual([]);
});
