import { type Command, type Commands, globalOptions, type Option, type Options, shownCommands } from './command.ts';
import { exitCodeMeanings } from './failure.ts';
import type { Paint } from './terminal.ts';

/** Returns pairs of texts as lines with two aligned columns. */
const indented = (pairs: ReadonlyArray<readonly [string, string]>): string[] => {
  const width = Math.max(...pairs.map(([left]) => left.length));
  return pairs.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
};

const optionNames = ([name, { short, value }]: [string, Option]): string =>
  `${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`;

const optionLines = (options: Options): string[] =>
  indented(Object.entries(options).map((entry) => [optionNames(entry), entry[1].help] as const));

const exampleLines = (examples: Command['examples']): string[] =>
  examples.flatMap(([line, what]) => [`  # ${what}`, `  toolforge-build ${line}`]);

const mainExamples: Command['examples'] = [
  ['start https://gitlab.wikimedia.org/toolforge-repos/my-tool', 'build a repository and follow its log'],
  ['logs -f', 'follow the newest build'],
  ['start --help', 'all options of one command'],
];

const settings: ReadonlyArray<readonly [string, string]> = [
  ['KUBECONFIG', 'tool; certificate or token, if it is for the API (default: ~/.kube/config)'],
  ['TOOLFORGE_TOKEN', 'bearer token; preferred to the kubeconfig'],
  ['TOOLFORGE_TOOL', 'the tool, like --tool'],
  ['TOOL_TOOLFORGE_API_URL', 'address of the API gateway, like --api-url'],
  ['~/.toolforge.yaml', 'api_gateway: url, kubernetes_url; builds: builds_endpoint; also in /etc/toolforge, ~/.config'],
  ['REQUESTS_CA_BUNDLE', "authorities to trust instead of the system's; also CURL_CA_BUNDLE"],
  ['HTTPS_PROXY, NO_PROXY', 'a proxy to the API, and what needs none; also ALL_PROXY'],
  ['NO_COLOR, FORCE_COLOR', 'never, always use colours'],
];

/** Returns the lines that `toolforge-build --help` prints: commands, options, settings and exit codes. */
export const mainHelp = (commands: Commands, paint: Paint): string[] => {
  const title = (text: string) => paint('bold', text);
  return [
    `${title('Usage:')} toolforge-build [OPTIONS] COMMAND [ARGS]`,
    '',
    "Builds a tool's git repository into a container image.",
    '',
    title('Commands:'),
    ...indented(Object.entries(shownCommands(commands)).map(([name, { summary }]) => [name, summary] as const)),
    '',
    title('Options:'),
    ...optionLines(globalOptions),
    '',
    title('Examples:'),
    ...exampleLines(mainExamples),
    '',
    title('Settings:'),
    ...indented(settings),
    '',
    title('Exit codes:'),
    ...indented(exitCodeMeanings.map(([code, meaning]) => [String(code), meaning] as const)),
  ];
};

/** Returns the lines that `--help` prints about one `toolforge-build` command. */
export const commandHelp = (name: string, command: Command, paint: Paint): string[] => {
  const title = (text: string) => paint('bold', text);
  const own = Object.keys(command.options).length > 0 ? [title('Options:'), ...optionLines(command.options), ''] : [];
  return [
    `${title('Usage:')} toolforge-build ${name}${own.length > 0 ? ' [OPTIONS]' : ''} ${command.usage}`.trimEnd(),
    '',
    `${command.summary}.`,
    ...(command.details ? [command.details] : []),
    '',
    ...own,
    title('Options of every command:'),
    ...optionLines(globalOptions),
    '',
    title('Examples:'),
    ...exampleLines(command.examples),
  ];
};
