import { expect, test } from '@jest/globals';
import { readProcfile } from '../../support/buildpacks.ts';

test('a Procfile with quotes, backslashes, comments and Windows line ends gives its processes', () => {
  expect(readProcfile('\ufeffweb: sh -c "a\\b"\r\n# comment\r\n\r\n  x.y-z :\tä \r\n')).toEqual([
    { type: 'web', command: ['bash', '-c', 'sh -c "a\\b"'], default: true },
    { type: 'x.y-z', command: ['bash', '-c', 'ä'] },
  ]);
});

test.each([
  ['an empty file', '', 'names no process'],
  ['a line without a name', 'web: a\nnode server.js', 'line 2'],
  ['a process without a command', 'web:\n', 'no command'],
  ['a name twice', 'web: a\nweb: b', 'named before'],
  ['a control character', 'web: a\u0001b', 'control character'],
  ['the folder of the processes as a name', '..: a', 'needs another name'],
  ['the present folder as a name', '.: a', 'needs another name'],
  ['a name that is too long for a file', `${'a'.repeat(101)}: a`, 'needs another name'],
  ['a command that is too long for Linux', `web: ${'a'.repeat(65_537)}`, 'longer than 65536 bytes'],
  ['a NUL', 'web: a\0b', 'not UTF-8 text'],
  ['bytes that are not UTF-8', Buffer.from('web: \xe4', 'latin1'), 'not UTF-8 text'],
  ['half a surrogate pair', Buffer.from('77 65 62 3a 20 ed a0 80'.replaceAll(' ', ''), 'hex'), 'not UTF-8 text'],
])('a Procfile with %s is refused with a sentence', (_, procfile, sentence) => {
  const errors = readProcfile(procfile);
  expect(errors).toContain('ERROR: ');
  expect(errors).toContain(sentence);
});
