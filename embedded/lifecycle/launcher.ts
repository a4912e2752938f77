import type { EnvironmentChange } from './environment.ts';
import { imagePaths, splitAtRoot } from './image-paths.ts';
import type { Process } from './metadata.ts';

/** The shell's variable for the image's root: empty in a container, a folder where the image was unpacked into one. */
const root = '"$cnb_root"';

const quoted = (text: string): string => (text === '' ? "''" : `'${text.replaceAll("'", "'\\''")}'`);

/** One word of the shell that expands to the text, with the image's folders found wherever its root is. */
export const shellWord = (text: string): string => {
  const [first = '', ...others] = splitAtRoot(text);
  // A text that begins with such a folder is cut there too, which a split at the start doesn't show.
  const starts = splitAtRoot(` ${text}`).length > others.length + 1;
  const head = starts ? root + quoted(first) : quoted(first);
  return head + others.map((part) => root + quoted(part)).join('');
};

const exportLine = ({ name, action, value, delimiter }: EnvironmentChange): string => {
  const word = shellWord(value);
  if (action === 'override') return `export ${name}=${word}`;
  if (action === 'default') return `[ -n "\${${name}:-}" ] || export ${name}=${word}`;
  const joined =
    action === 'append' ? `"$${name}"${quoted(delimiter)}${word}` : `${word}${quoted(delimiter)}"$${name}"`;
  return `if [ -n "\${${name}:-}" ]; then export ${name}=${joined}; else export ${name}=${word}; fi`;
};

const preamble = (changes: EnvironmentChange[]): string[] => [
  '#!/bin/sh',
  // Its own place tells the root, so the same file works in a container and in an unpacked folder.
  `cnb_root=$(CDPATH='' cd -- "\${0%/*}/../.." && pwd -P) || exit`,
  '[ "$cnb_root" != / ] || cnb_root=',
  `export CNB_APP_DIR=${shellWord(imagePaths.app)} CNB_LAYERS_DIR=${shellWord(imagePaths.layers)}`,
  ...changes.map(exportLine),
];

/** /cnb/process/TYPE: starts one process. Arguments given to it replace the process' own default arguments. */
export const processScript = (process: Process, changes: EnvironmentChange[]): string => {
  const { command, args = [], 'working-dir': folder = imagePaths.app } = process;
  const place = folder.startsWith('/') ? folder : `${imagePaths.app}/${folder}`;
  const lines = [
    ...preamble(changes),
    `cd ${shellWord(place)} || exit`,
    ...(args.length > 0 ? [`[ $# -gt 0 ] || set -- ${args.map(shellWord).join(' ')}`] : []),
    `exec ${command.map(shellWord).join(' ')} "$@"`,
  ];
  return `${lines.join('\n')}\n`;
};

/** /cnb/lifecycle/launcher: runs any command with the layers' environment, in the application's folder. */
export const launcherScript = (changes: EnvironmentChange[]): string =>
  `${[...preamble(changes), `cd ${shellWord(imagePaths.app)} || exit`, 'exec "$@"'].join('\n')}\n`;
