import type { EnvironmentChange } from './environment.ts';
import { imagePaths, splitAtRoot } from './image-paths.ts';
import type { Process } from './metadata.ts';

/** Shell variable with an image's root: empty in a container, otherwise the folder of the unpacked image. */
const root = '"$cnb_root"';

const quoted = (text: string): string => (text === '' ? "''" : `'${text.replaceAll("'", "'\\''")}'`);

/**
 * Returns a shell word that expands to a text. Each path in the text that begins with /workspace, /layers or /cnb gets
 * the image's root in front, so that the path is also right in an unpacked image.
 */
export const shellWord = (text: string): string => {
  const [first = '', ...others] = splitAtRoot(text);
  // `splitAtRoot` can't split at the very start of a text. The space in front of the text shows whether the text begins
  // with a folder of the image, such as /workspace.
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

/**
 * Returns a line that removes a folder of /cnb from PATH, as the lifecycle's launcher does. Otherwise a process that is
 * named like its program would start itself.
 */
const withoutFolder = (name: string): string => {
  const folder = `":$cnb_root/cnb/${name}:"`;
  const step = `PATH=":$PATH:"; PATH="\${PATH%%${folder}*}:\${PATH#*${folder}}"; PATH=\${PATH#:}; PATH=\${PATH%:}`;
  return `while :; do case ":$PATH:" in *${folder}*) ${step} ;; *) break ;; esac; done`;
};

const preamble = (changes: EnvironmentChange[]): string[] => [
  '#!/bin/sh',
  // A launcher script finds the image's root from its own path, so the same file works in a container and in an
  // unpacked folder.
  `cnb_root=$(CDPATH='' cd -- "\${0%/*}/../.." && pwd -P) || exit`,
  '[ "$cnb_root" != / ] || cnb_root=',
  ...['process', 'lifecycle'].map(withoutFolder),
  `export CNB_APP_DIR=${shellWord(imagePaths.app)} CNB_LAYERS_DIR=${shellWord(imagePaths.layers)}`,
  ...changes.map(exportLine),
];

/**
 * Returns the script /cnb/process/TYPE, which starts one process of an image. Arguments of the script replace the
 * process's default arguments.
 */
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

/**
 * Returns the script /cnb/lifecycle/launcher, which runs any command in the application's folder with the layers'
 * environment.
 */
export const launcherScript = (changes: EnvironmentChange[]): string =>
  `${[...preamble(changes), `cd ${shellWord(imagePaths.app)} || exit`, 'exec "$@"'].join('\n')}\n`;
