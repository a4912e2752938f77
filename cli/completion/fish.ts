import { type Command, type Commands, globalOptions, type Option, type Options } from '../command.ts';
import { globalValueFlags, requestFunction } from './words.ts';

/** Name of the function that tells which command the user has typed. */
const withinFunction = '_toolforge_build_within';

/** Quotes a text so that fish reads it as one word. Unlike in other shells, backslashes have a meaning within quotes. */
const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

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
  const condition = ` -n '${withinFunction} ${name}'`;
  const completed = candidates(command);
  return [
    `complete -c toolforge-build -n ${withinFunction} -a ${name} -d ${quoted(command.summary)}`,
    ...fishOptions(command.options, condition),
    ...(completed === '' ? [] : [`complete -c toolforge-build${condition}${completed}`]),
  ];
};

/**
 * Returns the function that succeeds if its argument is the command on the command line, which is the first word that is
 * a command and no option's value. Without an argument it succeeds if there is no command yet.
 */
const within = (commands: Commands): string[] => [
  `function ${withinFunction}`,
  '    set -l before',
  '    for word in (commandline -opc)[2..-1]',
  `        if not contains -- "$before" ${globalValueFlags().join(' ')}`,
  `            and contains -- $word ${Object.keys(commands).join(' ')}`,
  '            test "$word" = "$argv[1]"',
  '            return',
  '        end',
  '        set before $word',
  '    end',
  '    test -z "$argv[1]"',
  'end',
];

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
    ...within(commands),
    'complete -c toolforge-build -f',
    ...fishOptions(globalOptions, ''),
    ...Object.entries(commands).flatMap(fishCommand),
  ].join('\n');
