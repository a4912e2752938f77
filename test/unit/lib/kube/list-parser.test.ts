import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ListParser } from '../../../../lib/kube/list-parser.ts';

/** Parses a list that arrives in chunks of the given sizes, which repeat. */
const parse = (text: string, sizes: readonly number[]) => {
  const items: unknown[] = [];
  const parser = new ListParser((item) => void items.push(item));
  const bytes = Buffer.from(text);
  for (let from = 0, part = 0; from < bytes.length; part += 1) {
    const size = sizes[part % sizes.length] ?? bytes.length;
    parser.push(bytes.subarray(from, from + size));
    from += size;
  }
  return { items, parser };
};

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
const texts = fc.oneof(fc.string(), fc.constantFrom('"items":[{', '\\', '\\\\"', '"]}', '\u2028', 'é'));
const values = fc.dictionary(texts, fc.oneof(fc.jsonValue(), texts, fc.dictionary(texts, texts)));

test('property: a list is parsed as by JSON.parse, however it is cut and wherever its items stand', () => {
  fc.assert(
    fc.property(fc.array(values), fc.string(), fc.boolean(), fc.constantFrom(0, 2), sizes, (...words) => {
      const [items, token, isFirst, indent, chunks] = words;
      const metadata = { continue: token, lists: [[{ items: [1] }]], items: ['x'] };
      const list = isFirst ? { kind: 'L', items, metadata } : { metadata, kind: 'L', items };
      const { items: found, parser } = parse(JSON.stringify(list, null, indent), chunks);
      expect(found).toEqual(JSON.parse(JSON.stringify(items)));
      expect(parser.isComplete).toBe(true);
      expect(parser.end()).toEqual({ ...list, items: [] });
    }),
  );
});

test('a list whose items are null has no items', () => {
  const { items, parser } = parse('{"items":null,"metadata":{}}', [3]);
  expect([items, parser.isComplete, parser.end()]).toEqual([[], true, { items: null, metadata: {} }]);
});

test('property: a list that is cut off is not complete', () => {
  const text = JSON.stringify({ metadata: {}, items: [{ a: '"]}' }, { b: [1] }] });
  for (let end = 0; end < text.length; end += 1) expect(parse(text.slice(0, end), [7]).parser.isComplete).toBe(false);
});

test('an item that is larger than any object of Kubernetes is refused before it ends', () => {
  const parser = new ListParser(() => undefined);
  parser.push(Buffer.from('{"items":[{"a":"'));
  const part = Buffer.alloc(1024 * 1024, 'x');
  expect(() => {
    for (let at = 0; at < 100; at += 1) parser.push(part);
  }).toThrow('larger than 67108864 bytes');
});

test('an empty chunk changes nothing, also behind a backslash in a string', () => {
  const items: unknown[] = [];
  const parser = new ListParser((item) => void items.push(item));
  for (const chunk of ['{"metadata":{},"items":[{"a":"\\', '', '"]}"}]', '', '}']) parser.push(Buffer.from(chunk));
  expect([items, parser.isComplete, parser.end()]).toEqual([[{ a: '"]}' }], true, { metadata: {}, items: [] }]);
});

test('an object in the place of the items has no items', () => {
  const { items, parser } = parse('{"metadata":{},"items":{"a":{"b":1},"c":[{}]}}', [5]);
  expect([items, parser.isComplete]).toEqual([[], true]);
});
