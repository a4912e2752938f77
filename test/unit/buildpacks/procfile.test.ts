import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { readProcfile } from '../../support/buildpacks.ts';

test('a Procfile with quotes, backslashes, comments and Windows line ends gives its processes', () => {
  expect(readProcfile('\ufeffweb: sh -c "a\\b"\r\n# comment\r\n\r\n  x.y-z :\tä \r\n')).toEqual([
    { type: 'web', command: ['bash', '-c', 'sh -c "a\\b" "$@"', 'web'], default: true },
    { type: 'x.y-z', command: ['bash', '-c', 'ä "$@"', 'x.y-z'] },
  ]);
});

test('a line of a Procfile that ends in a backslash goes on in the next line', () => {
  const procfile = 'web: printf \\\n  %s \\\r\n a\\\\\n# no \\\nworker: b \\';
  expect(readProcfile(procfile)).toEqual([
    { type: 'web', command: ['bash', '-c', 'printf   %s  a\\\\ "$@"', 'web'], default: true },
    { type: 'worker', command: ['bash', '-c', 'b "$@"', 'worker'] },
  ]);
});

test.each([
  ['printf "%s|" a', ['b c', '', '$HOME'], 'a|b c||$HOME|'],
  ['X=1 && printf "%s|" $X', ['b'], '1|b|'],
  ['printf x | cat - ', ['/dev/null'], 'x'],
  ['printf "%s|" "$@" end', ['b'], 'b|end|'],
  ['printf "%s|" "$2" "$1"', ['b', 'c'], 'c|b|'],
  ['(printf x; printf y)', ['b'], 'xy'],
  ['if true; then printf x; fi', ['b'], 'x'],
  ['printf x & wait;', ['b'], 'x'],
  ['printf "%s|" it\'s\'', [], 'its|'],
])('the process %j with the arguments %j prints %j', (command, words, printed) => {
  const processes = readProcfile(`web: ${command}`);
  if (typeof processes === 'string') throw new Error(processes);
  const [program = '', ...own] = processes[0]?.command ?? [];
  expect(spawnSync(program, [...own, ...words], { encoding: 'utf8' }).stdout).toBe(printed);
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
  ['a quotation mark without an end', 'web: node "server.js', 'bash can not parse the command of web'],
  ['a bracket without an end', 'a: b\nweb: (node', 'line 2: bash can not parse'],
  ['continued lines that are too long for Linux', `web: ${'a\\\n'.repeat(140_000)}`, 'longer than 65536 bytes'],
  ['UTF-16 as PowerShell writes it', Buffer.from('\ufeffweb: node server.js\r\n', 'utf16le'), 'The Procfile is UTF-16'],
  ['UTF-16 without a byte order mark', Buffer.from('web: node server.js', 'utf16le'), 'The Procfile is UTF-16'],
  ['UTF-16 in the other byte order', Buffer.from('\ufeffweb: a', 'utf16le').swap16(), 'The Procfile is UTF-16'],
  ['a NUL', 'web: a\0b', 'not UTF-8 text'],
  ['bytes that are not UTF-8', Buffer.from('web: \xe4', 'latin1'), 'not UTF-8 text'],
  ['half a surrogate pair', Buffer.from('77 65 62 3a 20 ed a0 80'.replaceAll(' ', ''), 'hex'), 'not UTF-8 text'],
])('a Procfile with %s is refused with a sentence', (_, procfile, sentence) => {
  const errors = readProcfile(procfile);
  expect(errors).toContain('ERROR: ');
  expect(errors).toContain(sentence);
});
