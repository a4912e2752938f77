import { expect, test } from '@jest/globals';
import { createLog } from '../../../lib/log.ts';

const logged = (error: unknown): { error: Record<string, unknown> } => {
  let text = '';
  createLog('component', (line) => {
    text += line;
  })('ERROR', 'it failed', { error });
  return JSON.parse(text);
};

test('a line holds the causes of an error as far as they are errors', () => {
  const inner = new TypeError('inner', { cause: { body: { access_token: 'eyJ' } } });
  const { error } = logged(new Error('outer', { cause: inner }));
  expect(error).toMatchObject({ name: 'Error', message: 'outer', cause: { name: 'TypeError', message: 'inner' } });
  expect(error.cause).not.toHaveProperty('cause');
});

test('a line holds no property of an error but its name, message, stack and cause', () => {
  const { error } = logged(Object.assign(new Error('failed'), { body: 'eyJ', response: { body: 'eyJ' } }));
  expect(Object.keys(error)).toEqual(['name', 'message', 'stack']);
});

test.each([
  ['a text', 'a text'],
  [{ body: 'eyJ' }, '[object Object]'],
  [null, 'null'],
])('a line holds the thrown value %j, which is no error, as the text %s', (thrown, text) => {
  expect(logged(thrown).error).toBe(text);
});
