// biome-ignore-all lint/suspicious/noControlCharactersInRegex: the tests are about control characters
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { escapeControls } from '../../../../../lib/logs/masking/control-characters.ts';

test.each([
  ['plain\ttext', 'plain\ttext'],
  ['\u001b[1;31mred\u001b[0m \u001b[38;2;1;2;3mrgb\u001b[m', '\u001b[1;31mred\u001b[0m \u001b[38;2;1;2;3mrgb\u001b[m'],
  ['\u001b[2J\u001b[1;1H', '␛[2J␛[1;1H'],
  ['\u001b]0;title\u0007', '␛]0;title␇'],
  ['\u001b]52;c;aGk=\u001b\\', '␛]52;c;aGk=␛\\'],
  ['\u001b]8;;http://x\u001b\\link', '␛]8;;http://x␛\\link'],
  ['\u009b31m \u0085 \u007f \0 \u009d0;x\u009c', '␛[31m \\x85 ␡ ␀ ␛]0;x␛\\'],
  ['\u001b[?1049h\u001b[>c\u001b[31', '␛[?1049h␛[>c␛[31'],
  ['windows\r', 'windows'],
  ['10%\r20%\r\r', '10%␍20%␍'],
  ['bidi \u202e stays, \u2028 too', 'bidi \u202e stays, \u2028 too'],
])('escapeControls turns %j into %j', (raw, shown) => expect(escapeControls(raw)).toBe(shown));

test('a carriage return at the end of a part is within the line and becomes visible', () =>
  expect(escapeControls('a\r', true)).toBe('a␍'));

test('property: no control character is left except tabs and the escapes of colours', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('\u001b', '[', '3', ';', 'm', '\r', '\u009b', 'a', '\t', '\u0007') }),
      (raw) => {
        const left = escapeControls(raw).replaceAll(/\u001b\[[0-9;:]*m/g, '');
        expect(left).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/);
      },
    ),
  );
});

test.each([
  ['\u001b[8mhidden\u001b[28m', '\u241b[8mhidden\u241b[28m'],
  ['\u001b[1;8;31mhidden', '\u241b[1;8;31mhidden'],
  ['\u001b[5mblinking', '\u241b[5mblinking'],
  ['\u001b[38;5;8mgrey\u001b[m', '\u001b[38;5;8mgrey\u001b[m'],
  ['\u001b[38;2;8;8;8;48:5:8;1mgrey\u001b[0m', '\u001b[38;2;8;8;8;48:5:8;1mgrey\u001b[0m'],
  ['\u001b[1:8mhidden', '\u241b[1:8mhidden'],
  ['\u001b[38;5;1;8mhidden', '\u241b[38;5;1;8mhidden'],
  ['\u001b[4:3;58;5;9mwavy\u001b[24;59m', '\u001b[4:3;58;5;9mwavy\u001b[24;59m'],
])('a colour sequence passes only when no parameter hides text: %j', (text, shown) =>
  expect(escapeControls(text)).toBe(shown),
);
