import { type Command, type Commands, flagsOf, globalOptions, type Option, type Options } from '../command.ts';
import { quoted } from '../shell-words.ts';
import { globalValueFlags, optionsOf, requestFunction } from './words.ts';

const offer = (words: readonly string[]): string =>
  `COMPREPLY=($(compgen -W ${quoted(words.join(' '))} -- "$current"))`;

/** Returns the statement that completes the value of an option. A value that only the user knows gets no candidates. */
const valueStatement = ({ choices, completes }: Option): string => {
  if (completes) return `${requestFunction} ${completes}`;
  return choices ? offer(choices) : ':';
};

/** Returns the cases of a command's options that take a value. */
const valueCases = (options: Options): string[] =>
  Object.entries(options)
    .filter(([, { type }]) => type === 'string')
    .map(([name, option]) => `${flagsOf({ [name]: option }).join('|')}) ${valueStatement(option)}; return ;;`);

const argumentStatement = ({ choices, completes }: Command): string => {
  if (completes) return `${requestFunction} ${completes}`;
  return choices ? offer(choices) : ':';
};

const commandCase = ([name, command]: [string, Command]): string => {
  const options = optionsOf(command);
  return `    ${name})
      case $previous in
${valueCases(options)
  .map((line) => `        ${line}`)
  .join('\n')}
      esac
      case $current in
        -*) ${offer(flagsOf(options))} ;;
        *) ${argumentStatement(command)} ;;
      esac ;;`;
};

/**
 * Returns the completion script for bash. Readline splits --tool=x into three words, so the script takes the word before
 * the equals sign for the option. The script never evaluates a word of the command line.
 */
export const bash = (commands: Commands): string => `# bash completion for toolforge-build
${requestFunction}() {
  local candidate
  while IFS=$'\\t' read -r candidate _; do
    if [[ $candidate =~ ^[-._a-z0-9]+$ ]]; then COMPREPLY+=("$candidate"); fi
  done < <(toolforge-build _complete -- "$1" "$current" "\${COMP_WORDS[@]:1:COMP_CWORD-1}" </dev/null 2>/dev/null)
}
_toolforge_build() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= before= word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $word == = ]]; then continue; fi
    case $before in
      ${globalValueFlags().join('|')}) ;;
      *)
        case $word in
          ${Object.keys(commands).join('|')}) command=$word; break ;;
        esac ;;
    esac
    before=$word
  done
  if [[ $current == = ]]; then current=; elif [[ $previous == = ]]; then previous=\${COMP_WORDS[COMP_CWORD-2]}; fi
  case $command in
${Object.entries(commands).map(commandCase).join('\n')}
    *)
      case $previous in
${valueCases(globalOptions)
  .map((line) => `        ${line}`)
  .join('\n')}
      esac
      ${offer([...Object.keys(commands), ...flagsOf(globalOptions)])} ;;
  esac
}
complete -F _toolforge_build toolforge-build`;
