import { expect, test } from '@jest/globals';
import { browserCommand } from '../../../../cli/session/open-browser.ts';

test.each([
  [{ BROWSER: 'lynx' }, 'linux', 'lynx'],
  [{ DISPLAY: ':0' }, 'linux', 'xdg-open'],
  [{ WAYLAND_DISPLAY: 'w' }, 'linux', 'xdg-open'],
  [{ DISPLAY: ':0', SSH_CONNECTION: 'x' }, 'linux', undefined],
  [{}, 'linux', undefined],
  [{}, 'darwin', 'open'],
] as const)('browserCommand with %j on %s returns %s', (env, platform, command) => {
  expect(browserCommand(env, platform)).toBe(command);
});
