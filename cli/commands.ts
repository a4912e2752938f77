import type { Commands, Option } from './command.ts';
import { knownStatuses } from './format-builds.ts';

const json: Option = { type: 'boolean', help: 'Print JSON.' };
/** Steps of a build whose log the service shows. */
const steps = ['clone', 'detect', 'build'];
/** How a user names a build. */
const ids = 'ID is the id of a build or the end of an id, latest, or @2 for the second newest build.';
const notify: Option = {
  type: 'boolean',
  help: "When the build has ended, ring the terminal's bell, or show a notification.",
};
const yes: Option = { type: 'boolean', short: 'y', help: 'Skip the confirmation.' };

/**
 * All commands of `toolforge-build`. The code of a command is loaded when the command runs, so that the program starts
 * fast.
 */
export const commands: Commands = {
  start: {
    summary: 'Start a build of a git repository, and follow its log',
    usage: '[URL]',
    maxArguments: 1,
    options: {
      ref: { type: 'string', value: 'REF', help: "Branch, tag or commit (default: the repository's HEAD)." },
      'image-name': {
        type: 'string',
        short: 'i',
        value: 'NAME',
        help: "Name of the image (default: the tool's name).",
      },
      envvar: {
        type: 'string',
        short: 'e',
        value: 'NAME=value',
        multiple: true,
        help: 'Environment variable for the build; NAME alone is NAME=NAME. May be repeated.',
      },
      json: {
        type: 'boolean',
        help: 'Print the build as JSON when it has ended (with -D: at once). The log goes to stderr.',
      },
      detach: { type: 'boolean', short: 'D', help: "Don't follow the log." },
      notify,
      'idempotency-key': {
        type: 'string',
        value: 'KEY',
        help: 'Starts with the same key start one build, for a repeated start. Kept for a day.',
      },
      'use-latest-versions': { type: 'boolean', short: 'L', help: 'Use the latest versions of the buildpacks.' },
      'use-deprecated-versions': { type: 'boolean', help: 'Use the deprecated versions of the buildpacks.' },
    },
    details:
      'Exits with 0 when the build succeeded, 1 when it failed. With -D, exits with 0 when the build was accepted.',
    examples: [
      ['start https://gitlab.wikimedia.org/toolforge-repos/my-tool', 'build the default branch'],
      ['start URL --ref v1.2 -i web -e NODE_ENV=production', 'build a tag into the image "web"'],
      ['start URL -D', 'start a build without following its log'],
    ],
    run: async (context, invocation) => (await import('./commands/start.ts')).start(context, invocation),
  },
  logs: {
    summary: "Print a build's log",
    usage: '[ID]',
    maxArguments: 1,
    completes: 'builds',
    options: {
      follow: { type: 'boolean', short: 'f', help: 'Follow the log until the build has ended.' },
      step: { type: 'string', value: 'STEP', choices: steps, help: 'Only the log of this step, for example build.' },
      tail: { type: 'string', value: 'N', help: 'Only the last N lines.' },
      since: {
        type: 'string',
        value: 'TIME',
        help: 'Begin at this time, or this long ago: 2026-11-22T08:02:11Z, 10m, 2d.',
      },
      grep: {
        type: 'string',
        short: 'g',
        value: 'PATTERN',
        help: 'Only lines that match this RE2 pattern, with their numbers.',
      },
      'from-line': { type: 'string', value: 'N', help: 'Begin with line N of --step.' },
      lines: { type: 'string', value: 'N', help: 'At most N lines.' },
      notify,
      json: { type: 'boolean', help: 'Print one JSON object per line: type, step, time, line, cursor.' },
    },
    details: `${ids} Default: latest. The exit code does not depend on the result of the build: see wait.`,
    examples: [
      ['logs -f', 'follow the newest build'],
      ['logs k3j2h1g5f4 --step build --tail 20', 'the last 20 lines of one step'],
      ['logs -g "(?i)error|warning"', 'the lines with errors and warnings'],
      ['logs --step build --from-line 120 --lines 40', '40 lines of one step, from line 120'],
      ['logs --json | jq -r \'select(.type == "line").line\'', 'the lines without step and time'],
    ],
    run: async (context, invocation) => (await import('./commands/logs.ts')).logs(context, invocation),
  },
  list: {
    summary: 'List builds, newest first',
    usage: '',
    maxArguments: 0,
    options: {
      json,
      limit: { type: 'string', value: 'N', help: 'At most the N newest builds.' },
      status: {
        type: 'string',
        value: 'STATUS',
        choices: knownStatuses,
        help: `Only builds with this status, or one of several: ${knownStatuses.join(',')}.`,
      },
      watch: { type: 'boolean', help: 'Show the list until Ctrl-C, and keep it up to date. Needs a terminal.' },
    },
    details: 'A terminal shows as many columns as fit. Elsewhere nothing is cut: see --json for programs.',
    examples: [
      ['list', 'a table'],
      ['list --watch --status running,pending', 'watch the builds that are going on'],
      ['list --json | jq -r \'.builds[] | select(.status == "ok").build_id\'', 'the ids of the builds that succeeded'],
    ],
    run: async (context, invocation) => (await import('./commands/list.ts')).list(context, invocation),
  },
  show: {
    summary: 'Show one build',
    usage: '[ID]',
    maxArguments: 1,
    completes: 'builds',
    options: { json },
    details: `${ids} Default: latest.`,
    examples: [
      ['show', 'the newest build'],
      ['show @2', 'the second newest build'],
      ['show k3j2h1g5f4 --json | jq -r .build.status', 'its status: ok, error, timeout, cancelled, running or pending'],
    ],
    run: async (context, invocation) => (await import('./commands/show.ts')).show(context, invocation),
  },
  wait: {
    summary: 'Wait until a build has ended',
    usage: '[ID]',
    maxArguments: 1,
    completes: 'builds',
    options: {
      json,
      notify,
      timeout: { type: 'string', value: 'TIME', help: 'Wait at most this long: 90s, 10m, 1h30m. Then exit with 124.' },
    },
    details: `${ids} Default: latest. Exits with 0 when the build succeeded, 1 when it did not, 124 after --timeout.`,
    examples: [
      ['wait k3j2h1g5f4 && deploy', 'deploy only when the build succeeded'],
      ['wait --timeout 10m', 'wait for the newest build, for ten minutes at most'],
    ],
    run: async (context, invocation) => (await import('./commands/wait.ts')).wait(context, invocation),
  },
  cancel: {
    summary: 'Cancel waiting and running builds',
    usage: '[ID...]',
    maxArguments: Number.POSITIVE_INFINITY,
    completes: 'unfinished',
    options: { all: { type: 'boolean', help: 'Cancel all builds that wait or run.' }, 'yes-i-know': yes },
    details: ids,
    examples: [
      ['cancel k3j2h1g5f4', 'cancel one build, after a confirmation'],
      ['cancel --all -y', 'cancel all builds, without a confirmation'],
    ],
    run: async (context, invocation) => (await import('./commands/cancel.ts')).cancel(context, invocation),
  },
  delete: {
    summary: 'Delete builds with their logs',
    usage: '[ID...]',
    maxArguments: Number.POSITIVE_INFINITY,
    completes: 'builds',
    options: { all: { type: 'boolean', help: 'Delete all builds of the tool.' }, 'yes-i-know': yes },
    details: ids,
    examples: [['delete k3j2h1g5f4 @3 -y', 'delete two builds, without a confirmation']],
    run: async (context, invocation) => (await import('./commands/delete.ts')).deleteBuilds(context, invocation),
  },
  quota: {
    summary: 'Show the usage and the limits of the tool',
    usage: '',
    maxArguments: 0,
    options: { json },
    examples: [['quota', 'a table']],
    run: async (context, invocation) => (await import('./commands/quota.ts')).quota(context, invocation),
  },
  clean: {
    summary: "Delete the tool's images to free quota",
    usage: '',
    maxArguments: 0,
    options: { json, 'yes-i-know': yes },
    examples: [['clean -y', 'delete the images without a confirmation']],
    run: async (context, invocation) => (await import('./commands/clean.ts')).clean(context, invocation),
  },
  login: {
    summary: 'Sign in, to use the service from any machine',
    usage: '',
    maxArguments: 0,
    options: { device: { type: 'boolean', help: 'Sign in with a code and a browser on any machine.' } },
    details:
      'Opens your browser, or works like --device where there is no browser. Scripts and CI set TOOLFORGE_TOKEN instead. On a bastion the certificate of the tool is enough.',
    examples: [
      ['login', 'sign in with your browser'],
      ['login --device', 'sign in from a server'],
    ],
    run: async (context, invocation) => (await import('./commands/login.ts')).login(context, invocation),
  },
  logout: {
    summary: 'Sign out and revoke the tokens',
    usage: '',
    maxArguments: 0,
    options: {},
    examples: [['logout', 'revoke the tokens and remove them from this machine']],
    run: async (context, invocation) => (await import('./commands/logout.ts')).logout(context, invocation),
  },
  whoami: {
    summary: 'Show your account and the tools you may act for',
    usage: '',
    maxArguments: 0,
    options: { json },
    examples: [['whoami --json | jq -r .tools[].tool', 'the tools, one per line']],
    run: async (context, invocation) => (await import('./commands/whoami.ts')).whoami(context, invocation),
  },
  token: {
    summary: 'Print your access token, for scripts',
    usage: '',
    maxArguments: 0,
    options: {},
    details:
      'The token is valid for minutes, so run this command for each use. Keep the token secret: it gives access to your tools.',
    examples: [['token', 'for example: curl -H "Authorization: Bearer $(toolforge-build token)" …']],
    run: async (context, invocation) => (await import('./commands/token.ts')).token(context, invocation),
  },
  completion: {
    summary: "Print a shell's completion script",
    usage: 'bash|zsh|fish',
    maxArguments: 1,
    choices: ['bash', 'zsh', 'fish'],
    options: {},
    examples: [
      ['completion bash > ~/.local/share/bash-completion/completions/toolforge-build', 'for bash'],
      ['completion zsh > ~/.zfunc/_toolforge-build', 'for zsh, with ~/.zfunc in fpath'],
      ['completion fish > ~/.config/fish/completions/toolforge-build.fish', 'for fish'],
    ],
    run: async (context, invocation) => (await import('./commands/completion.ts')).completion(context, invocation),
  },
  _complete: {
    summary: 'Print what completes a word of a command line, for the completion scripts',
    usage: '-- KIND WORD [ARGUMENT...]',
    maxArguments: Number.POSITIVE_INFINITY,
    hidden: true,
    options: {},
    examples: [['_complete -- builds k3j2 show', 'the builds whose ids begin with k3j2, one in each line']],
    run: async (context, invocation) => (await import('./commands/complete.ts')).complete(context, invocation),
  },
  _commands: {
    summary: 'Print the names of the commands, for the launcher of Toolforge',
    usage: '',
    maxArguments: 0,
    hidden: true,
    options: {},
    examples: [['_commands', 'one name in each line']],
    run: async (context, invocation) => (await import('./commands/command-names.ts')).commandNames(context, invocation),
  },
};
