import { expect, test } from '@jest/globals';
import { jsonPatch, mergePatch } from '../../../../embedded/kubernetes/patches.ts';

/** Keys that every object inherits, and names of variables that a client may choose. */
const inherited = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];

const objectWith = (key: string, value: unknown): unknown =>
  JSON.parse(`{${JSON.stringify(key)}:${JSON.stringify(value)}}`);

test.each(inherited)('a merge patch sets, merges and removes the key %s like any other', (key) => {
  const set = mergePatch({ a: '1' }, objectWith(key, 'x')) as object;
  expect(Object.entries(set)).toEqual([
    ['a', '1'],
    [key, 'x'],
  ]);
  expect(Object.getPrototypeOf(set)).toBe(Object.prototype);
  const merged = mergePatch(objectWith(key, { b: '1' }), objectWith(key, { c: '2' })) as object;
  expect(JSON.stringify(merged)).toBe(`{"${key}":{"b":"1","c":"2"}}`);
  expect(Object.keys(mergePatch(set, objectWith(key, null)) as object)).toEqual(['a']);
});

test('a merge patch with the key __proto__ changes no other object', () => {
  mergePatch({}, objectWith('__proto__', { polluted: 'yes' }));
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test.each(inherited)('a JSON patch with the operation %s is refused', (op) => {
  expect(() => jsonPatch({ a: '1' }, [{ op, path: '/a', value: 'x' }])).toThrow();
});

test.each(inherited)('a JSON patch does not find the key %s in an object without it', (key) => {
  expect(() => jsonPatch({ labels: {} }, [{ op: 'replace', path: `/labels/${key}`, value: 'x' }])).toThrow();
  expect(() => jsonPatch({ labels: {} }, [{ op: 'add', path: `/labels/${key}/polluted`, value: 'x' }])).toThrow();
});
