import { describe, expect, test } from '@jest/globals';
import { createAnnouncedSecrets } from '../../../../../lib/logs/masking/announced-secrets.ts';
import { asMasked, asPrinted, maskLines } from './mask-lines.ts';
import { a, hex } from './secrets.ts';

describe('a secret that a line before announces is masked', () => {
  test.each<[string, string[]]>([
    ['after a sentence with a colon', ['Password for the elastic user (reset with x):', `  ‹${a(20, 1)}›`, 'Done.']],
    ['after an empty line', ['Please use the following password to go on:', '', `‹${hex(32, 2)}›`, '']],
    ['in a frame', ['The startup token is:', '*****', `**  ‹${a(24, 3)}›  **`]],
    ['after a sentence without a colon', ['Save this in a password manager.', '', `  ‹${a(32, 4)}›`]],
    ['behind words', ['Password of the user successfully reset.', `New value: ‹${a(20, 5)}›`]],
    ['as a list', ['Recovery codes:', '  ‹abcd1-ef234›', '  ‹12345-67890›', 'Keep these codes.']],
    ['as a list with numbers', ['Private Keys', '====', `(0) ‹0x${hex(64, 6)}›`, `(1) ‹0x${hex(64, 7)}›`]],
    ['by a command that makes a secret', ['+ wg genkey', `‹${a(43, 8)}=›`, a(43, 9)]],
    ['by a command that reads a secret', ['$ cat /run/secrets/db_password', '‹Tr0ub4dor-9›']],
    ['by a command behind a prefix', ['#9 0.3 + openssl rand -hex 32', `#9 0.4 ‹${hex(64, 10)}›`]],
    ['by the request of a mail server', ['< 334 UGFzc3dvcmQ6', '> ‹c3Vuc2hpbmU=›']],
    [
      'by the request of a mail server in a trace',
      ['SERVER -> CLIENT: 334 UGFzc3dvcmQ6', 'CLIENT -> SERVER: ‹c3Vuc2hpbmU=›'],
    ],
    ['by a field with its name', ['"Name": "/app/password",', '"Type": "SecureString",', '"Value": "‹tulip-Garden›",']],
    ['in words that a command reads', ['$ pass show db/root', '‹quiet.River+Stone›']],
    ['in an object of Terraform', ['"db_password": {', '  "sensitive": true,', '  "value": "‹sunshine›"', '}']],
  ])('%s', (_, lines) => expect(maskLines(lines.map(asPrinted))).toEqual(lines.map(asMasked)));
});

describe('lines after an announcement that are no secret stay', () => {
  test.each([
    [['The following tokens are used:', '  - src/token.ts']],
    [['Checking the password:', 'ok']],
    [['Tokens per second:', '123.45']],
    [['"name": "token",', '"type": "string",', '"value": "none"']],
    [['+ ls /run/secrets', 'db_password', 'api_token']],
    [['Rotate the token.', hex(40, 20)]],
    [['+ cat src/token.ts', 'export']],
    [['$ git log --oneline -- src/token.ts', 'ab12cd3 Fix the token']],
    [['+ sha256sum token.js', `${hex(64, 21)}  token.js`]],
    [['Recovery codes: 8 left', 'abcd1-ef234']],
    [['"password": {', '  "type": "string",', '  "minLength": 8', '}']],
  ])('%j', (lines) => expect(maskLines(lines)).toEqual(lines));
});

test('the state for an announced secret lasts for two empty lines, and ends with the secret', () => {
  const announced = createAnnouncedSecrets();
  const add = (text: string): boolean => {
    announced.add(text, []);
    return announced.isAtRest;
  };
  expect(['a line', 'The password is:', '', '', ''].map(add)).toEqual([true, false, false, false, true]);
  expect(['The password is:', 'Tr0ub4dor-9', 'a line'].map(add)).toEqual([false, true, true]);
  expect(['Backup codes:', 'abcd1-ef234', 'ab12cd34', 'a line'].map(add)).toEqual([false, false, false, true]);
});
