import { expect, test } from '@jest/globals';
import { ancestorNames, readingShell } from '../../../local/shells.ts';

test.each([
  [['npm run env', 'fish', 'tmux'], 'fish'],
  [['npm run env', 'bash', 'fish'], 'bash'],
  [['npm run env', 'volta-shim', '-zsh', 'login'], 'zsh'],
  [['npm run env', 'dash'], 'sh'],
  [['npm run env', 'ksh93'], 'sh'],
  [['npm run env', 'constructor', '__proto__', 'fish'], 'fish'],
])('the shell that reads the output is the nearest of %j', (ancestors, shell) => {
  expect(readingShell(ancestors, { SHELL: '/bin/tcsh' })).toBe(shell);
});

test.each([
  ['/usr/bin/fish', 'fish'],
  ['/opt/unknown', 'sh'],
  [undefined, 'sh'],
])('without a shell among the ancestors, SHELL=%s stands for %s', (Shell, shell) => {
  expect(readingShell(['npm run env', 'systemd'], Shell === undefined ? {} : { SHELL: Shell })).toBe(shell);
});

test.each(['tcsh', 'nu', 'pwsh'])('%s is refused with a sentence that says what to do', (shell) => {
  expect(() => readingShell(['npm', shell, 'bash'], {})).toThrow('Start bash, zsh or fish first.');
});

test('the names of the ancestors begin with the given process, and there are none of no process', () => {
  expect(ancestorNames(process.pid)[0]).toBeTruthy();
  expect(ancestorNames(0)).toEqual([]);
});
