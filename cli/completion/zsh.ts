import { type Command, type Commands, globalOptions, type Option, type Options } from '../command.ts';
import { quoted } from '../shell-words.ts';
import { optionsOf, requestFunction } from './words.ts';

/**
 * Escapes the characters that have a meaning in the arguments of zsh's _arguments and _describe, such as brackets and
 * colons.
 */
const escaped = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&');

/** Returns the action that completes a value. The space before a function's name lets zsh add no arguments of its own. */
const action = ({ choices, completes }: Pick<Option, 'choices' | 'completes'>): string => {
  if (completes) return ` ${requestFunction} ${completes}`;
  return choices ? `(${choices.join(' ')})` : '';
};

const zshOptions = (options: Options): string[] =>
  Object.entries(options).flatMap(([name, option]) => {
    const { short, type, value, multiple, help } = option;
    const rest = `[${escaped(help)}]${type === 'string' ? `:${escaped(value ?? name)}:${action(option)}` : ''}`;
    const repeat = multiple ? '*' : '';
    return [`--${name}`, ...(short ? [`-${short}`] : [])].map((flag) =>
      quoted(`${repeat}${flag}${type === 'string' && flag.startsWith('--') ? '=' : ''}${rest}`),
    );
  });

const zshArguments = (command: Command): string[] => {
  const completed = action(command);
  if (completed === '') return [];
  return [quoted(`${command.maxArguments === 1 ? '1' : '*'}:${command.completes ? 'build' : 'value'}:${completed}`)];
};

const zshCase = ([name, command]: [string, Command]): string =>
  `    ${name}) _arguments -s ${[...zshOptions(optionsOf(command)), ...zshArguments(command)].join(' ')} ;;`;

/**
 * Returns the completion script for zsh. `typed` has the whole command line, because _arguments leaves only the words of
 * the command in `words`.
 */
export const zsh = (commands: Commands): string => `#compdef toolforge-build
${requestFunction}() {
  local line
  local -a candidates
  for line in "\${(@f)$(toolforge-build _complete -- "$1" "$PREFIX" "\${(@Q)typed}" </dev/null 2>/dev/null)}"; do
    if [[ -n $line && \${line%%$'\\t'*} != *[^-._a-z0-9]* ]]; then candidates+=("\${line/$'\\t'/:}"); fi
  done
  _describe -V candidate candidates
}
_toolforge_build() {
  local -a commands typed
  typed=("\${(@)words[2,CURRENT-1]}")
  commands=(
${Object.entries(commands)
  .map(([name, { summary }]) => `    ${quoted(`${name}:${escaped(summary)}`)}`)
  .join('\n')}
  )
  local curcontext=$curcontext state line
  _arguments -C ${zshOptions(globalOptions).join(' ')} '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $line[1] in
${Object.entries(commands).map(zshCase).join('\n')}
      esac ;;
  esac
}
if [ "$funcstack[1]" = _toolforge_build ]; then _toolforge_build "$@"; else compdef _toolforge_build toolforge-build; fi`;
