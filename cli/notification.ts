import type { Environment } from './environment.ts';

const bell = '\u0007';

/** Terminals that show the text of OSC 9 as a notification, by TERM_PROGRAM. */
const osc9Programs = new Set(['iTerm.app', 'WezTerm', 'ghostty']);
/** Terminals that show a title and a text of OSC 777 as a notification, by the start of TERM. */
const osc777Terms = /^(?:foot|rxvt-unicode)/;

/**
 * Returns what makes a terminal notify its user: a desktop notification with the text where the terminal is known to have
 * them, else the bell. tmux and screen get the bell, because they do not pass the sequences on.
 * @param text has no control character, and no semicolon
 */
export const notificationOf = (env: Environment, text: string): string => {
  const term = env.TERM ?? '';
  if (env.TMUX || /^(?:screen|tmux)/.test(term)) return bell;
  if (osc9Programs.has(env.TERM_PROGRAM ?? '') || term === 'xterm-kitty') return `\u001b]9;${text}${bell}`;
  return osc777Terms.test(term) ? `\u001b]777;notify;toolforge-build;${text}${bell}` : bell;
};
