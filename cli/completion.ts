import { type Command, type Commands, globalOptions, type Options, shownCommands } from './command.ts';

/** Shells for which `toolforge-build completion` prints a completion script. */
export const shells = ['bash', 'zsh', 'fish'] as const;

const flagsOf = (options: Options): string[] =>
  Object.entries(options).flatMap(([name, { short }]) => (short ? [`--${name}`, `-${short}`] : [`--${name}`]));

const wordsOf = (command: Command): string =>
  [...flagsOf({ ...command.options, ...globalOptions }), ...(command.choices ?? [])].join(' ');

const bash = (commands: Commands): string => `# bash completion for toolforge-build
_toolforge_build() {
  local current=\${COMP_WORDS[COMP_CWORD]} command= word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      ${Object.keys(commands).join('|')}) command=$word; break ;;
    esac
  done
  case $command in
${Object.entries(commands)
  .map(([name, command]) => `    ${name}) COMPREPLY=($(compgen -W '${wordsOf(command)}' -- "$current")) ;;`)
  .join('\n')}
    *) COMPREPLY=($(compgen -W '${[...Object.keys(commands), ...flagsOf(globalOptions)].join(' ')}' -- "$current")) ;;
  esac
}
complete -F _toolforge_build toolforge-build`;

/** Quotes a text so that a POSIX shell reads it as one word. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
/**
 * Escapes the characters that have a meaning in the arguments of zsh's _arguments and _describe, such as brackets and
 * colons.
 */
const escaped = (text: string) => text.replace(/[[\]:\\]/g, '\\$&');

const zshOptions = (options: Options): string[] =>
  Object.entries(options).flatMap(([name, { short, type, value, multiple, help }]) => {
    const rest = `[${escaped(help)}]${type === 'string' ? `:${escaped(value ?? name)}:` : ''}`;
    const repeat = multiple ? '*' : '';
    return [`--${name}`, ...(short ? [`-${short}`] : [])].map((flag) => quoted(`${repeat}${flag}${rest}`));
  });

const zshCase = ([name, command]: [string, Command]): string => {
  const choices = command.choices ? [quoted(`1:value:(${command.choices.join(' ')})`)] : [];
  const all = [...zshOptions({ ...command.options, ...globalOptions }), ...choices];
  return `    ${name}) _arguments -s ${all.join(' ')} ;;`;
};

const zsh = (commands: Commands): string => `#compdef toolforge-build
_toolforge_build() {
  local -a commands
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

const fishOptions = (options: Options, condition: string): string[] =>
  Object.entries(options).map(([name, { short, type, help }]) => {
    const flags = `-l ${name}${short ? ` -s ${short}` : ''}${type === 'string' ? ' -x' : ''}`;
    return `complete -c toolforge-build${condition} ${flags} -d ${quoted(help)}`;
  });

const fishCommand = ([name, command]: [string, Command]): string[] => {
  const within = ` -n '__fish_seen_subcommand_from ${name}'`;
  return [
    `complete -c toolforge-build -n __fish_use_subcommand -a ${name} -d ${quoted(command.summary)}`,
    ...fishOptions(command.options, within),
    ...(command.choices ? [`complete -c toolforge-build${within} -a '${command.choices.join(' ')}'`] : []),
  ];
};

const fish = (commands: Commands): string =>
  [
    '# fish completion for toolforge-build',
    'complete -c toolforge-build -f',
    ...fishOptions(globalOptions, ''),
    ...Object.entries(commands).flatMap(fishCommand),
  ].join('\n');

const scripts: Record<string, (commands: Commands) => string> = { bash, zsh, fish };

/** Returns the script that completes the commands of `toolforge-build` in a shell; undefined for an unknown shell. */
export const completionScript = (shell: string, commands: Commands): string | undefined =>
  Object.hasOwn(scripts, shell) ? scripts[shell]?.(shownCommands(commands)) : undefined;
