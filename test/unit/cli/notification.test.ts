import { expect, test } from '@jest/globals';
import { notificationOf } from '../../../cli/notification.ts';

test.each([
  [{ TERM: 'xterm-256color' }, '\u0007'],
  [{}, '\u0007'],
  [{ TERM: 'xterm-256color', TERM_PROGRAM: 'iTerm.app' }, '\u001b]9;Build x succeeded\u0007'],
  [{ TERM: 'xterm-kitty' }, '\u001b]9;Build x succeeded\u0007'],
  [{ TERM: 'foot-extra' }, '\u001b]777;notify;toolforge-build;Build x succeeded\u0007'],
  [{ TERM: 'rxvt-unicode-256color' }, '\u001b]777;notify;toolforge-build;Build x succeeded\u0007'],
  [{ TERM: 'tmux-256color', TERM_PROGRAM: 'iTerm.app' }, '\u0007'],
  [{ TERM: 'xterm-kitty', TMUX: '/run/tmux' }, '\u0007'],
])('a terminal with %j is notified by %j', (env, expected) => {
  expect(notificationOf(env, 'Build x succeeded')).toBe(expected);
});
