import { expect, test } from '@jest/globals';
import { type NameKind, NamesInText } from '../../../../../../lib/logs/masking/rules/names-in-text.ts';

const endsOf = (text: string, kind: NameKind): string[] =>
  new NamesInText(text).of(kind).map(([, end]) => text.slice(0, end));

test.each<[NameKind, string, string[]]>([
  ['password', 'db_password=x', ['db_password']],
  ['password', '["password"]=>', ['["password"]']],
  ['password', '["password":protected]=>', ['["password":protected]']],
  ['password', 'dbpass: x, compass: y, rootpw z', ['dbpass', 'dbpass: x, compass: y, rootpw']],
  ['password', 'passwords2 = []', ['passwords2']],
  ['token', 'accessKeySecret: x', ['accessKey', 'accessKeySecret']],
  ['token', 'monkey: x, key: y, api-key: z', ['monkey: x, key: y, api-key']],
  ['token', 'Unseal Key 1: x', ['Unseal Key 1']],
  ['secret', 'token, password', ['token', 'token, password']],
  ['secret', 'npm install', []],
])('names of the kind %s in %s end where a value may follow', (kind, text, ends) =>
  expect(endsOf(text, kind)).toEqual(ends),
);
