import { expect, test } from '@jest/globals';
import { encodingsOf } from '../../../../../lib/logs/masking/encodings.ts';

test('encodingsOf returns a text as it is, and as JSON, URLs, HTML, Python and shells write the text', () => {
  expect(encodingsOf('plain')).toEqual(['plain']);
  expect(encodingsOf(`a"'/ü`)).toEqual(
    expect.arrayContaining([`a"'/ü`, `a\\"'/ü`, 'a%22%27/%C3%BC', 'a&quot;&#39;/ü', `a"\\'/\\303\\274`, `a"\\'/\\xfc`]),
  );
});

test('encodingsOf takes a text with half a surrogate pair', () =>
  expect(encodingsOf('a\ud800')).toContain('a%EF%BF%BD'));
