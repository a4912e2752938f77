import { expect, test } from '@jest/globals';
import { requireToken } from '../../../cli/token-text.ts';

test('requireToken drops white space around a token', () => {
  expect(requireToken(' a.b-c_d~e+f/g== \n', 'It')).toBe('a.b-c_d~e+f/g==');
});

test.each(['', ' ', 'two words', 'a\r\nx-header: 1', 'a\u0000', '\u001b[8m', 'naïve', '\u200b'])(
  'requireToken refuses %j without showing it',
  (text) => {
    expect(() => requireToken(text, 'TOOLFORGE_TOKEN')).toThrow(
      'TOOLFORGE_TOKEN is not a token: a token is one word of ASCII characters.',
    );
  },
);
