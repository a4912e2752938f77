import { expect, test } from '@jest/globals';
import { isPhrase, isWords, isWordsInField, isWordsWithSign } from '../../../../../../lib/logs/masking/rules/words.ts';

test.each(['Maple&Thunder', 'quiet.River+Stone', 'Nordlicht_Abend', 'Sparrow1987', 'velvet-Teapot', 'Снегирь-42-зима'])(
  'words that are joined by signs, or have a number, are a password: %s',
  (text) => expect(isWords(text)).toBe(true),
);

test.each([
  ...['required', 'Password', 'Passwort', 'Content/Type', 'DB_PASSWORD', 'auth.User', 'System.String', 'app-v2'],
  ...['my-app', 'user=name', 'sha256', 'Option<String>', 'f(x)', 'must-Change', 'Every-30-Days', '1.2.3', 'a@b.org'],
  ...['api_token', '<password>', '$PASSWORD', '***', ''],
])('names, states, types and placeholders are no password of words: %j', (text) => expect(isWords(text)).toBe(false));

test.each(['let-the-rain-fall', 'BlueHarbor', 'opensesame!', 'quiet-river'])(
  'in a field of its own, words with hyphens or joined words are a password: %s',
  (text) => expect([isWords(text), isWordsInField(text)]).toEqual([false, true]),
);

test.each([
  ...['required', 'must-change', 'SecureString', 'PasswordField', 'db-credentials', 'my-app-tls', 'not-set', 'Wrong!'],
  ...['token-service', 'min:8', 'basic-auth', 'ReadOnly'],
])('in a field of its own, names and states are no password: %s', (text) => expect(isWordsInField(text)).toBe(false));

test('a sign between letters is asked for where words alone prove too little', () => {
  expect(isWordsWithSign('Maple&Thunder')).toBe(true);
  expect(isWordsWithSign('velvet-Teapot')).toBe(false);
});

test('a phrase has two words or more, all in lower case', () => {
  expect(['correct horse', 'correct', 'Enter your password', 'a b'].map(isPhrase)).toEqual([true, false, false, false]);
});
