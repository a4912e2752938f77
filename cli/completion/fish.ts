import { type Command, type Commands, globalOptions, type Option, type Options } from '../command.ts';
import { quoted, requestFunction } from './words.ts';

/** Returns the arguments of fish's `complete` with the candidates of a value; an empty text where there are none. */
const candidates = ({ choices, completes }: Pick<Option, 'choices' | 'completes'>): string => {
  if (completes) return ` -k -a ${quoted(`(${requestFunction} ${completes})`)}`;
  return choices ? ` -a ${quoted(choices.join(' '))}` : '';
};

const fishOptions = (options: Options, condition: string): string[] =>
  Object.entries(options).map(([name, option]) => {
    const value = option.type === 'string' ? ` -x${candidates(option)}` : '';
    const flags = `-l ${name}${option.short ? ` -s ${option.short}` : ''}${value}`;
    return `complete -c toolforge-build${condition} ${flags} -d ${quoted(option.help)}`;
  });

const fishCommand = ([name, command]: [string, Command]): string[] => {
  const within = ` -n '__fish_seen_subcommand_from ${name}'`;
  const completed = candidates(command);
  return [
    `complete -c toolforge-build -n __fish_use_subcommand -a ${name} -d ${quoted(command.summary)}`,
    ...fishOptions(command.options, within),
    ...(completed === '' ? [] : [`complete -c toolforge-build${within}${completed}`]),
  ];
};

/** Returns the completion script for fish. */
export const fish = (commands: Commands): string =>
  [
    '# fish completion for toolforge-build',
    `function ${requestFunction}`,
    '    set -l words (commandline -opc)',
    "    set -l current (commandline -ct | string replace -r '^--[a-z-]+=' '')",
    '    toolforge-build _complete -- $argv[1] "$current" $words[2..-1] </dev/null 2>/dev/null \\',
    "        | string match -r '^[-._a-z0-9]+(?:\\t.*)?$'",
    'end',
    'complete -c toolforge-build -f',
    ...fishOptions(globalOptions, ''),
    ...Object.entries(commands).flatMap(fishCommand),
  ].join('\n');
