import type { Commands, Option } from './options.ts';

const json: Option = { type: 'boolean', help: 'Print JSON.' };
const yes: Option = { type: 'boolean', short: 'y', help: "Don't ask for confirmation." };

/** Every command. Its code is loaded when it runs. */
export const COMMANDS: Commands = {
  start: {
    summary: 'Start a build of a git repository, and follow its log',
    usage: '[URL]',
    most: 1,
    options: {
      ref: { type: 'string', value: 'REF', help: "Branch, tag or commit (else the repository's HEAD)." },
      'image-name': { type: 'string', short: 'i', value: 'NAME', help: "Name of the image (else the tool's name)." },
      envvar: {
        type: 'string',
        short: 'e',
        value: 'NAME=value',
        multiple: true,
        help: 'Variable for the build; repeatable.',
      },
      json: {
        type: 'boolean',
        help: 'Print the build as JSON when it has ended (with -D: at once); the log goes to stderr.',
      },
      detach: { type: 'boolean', short: 'D', help: "Don't follow the log." },
      'use-latest-versions': { type: 'boolean', short: 'L', help: 'Use the latest versions of the buildpacks.' },
      'use-deprecated-versions': { type: 'boolean', help: 'Use the deprecated versions of the buildpacks.' },
    },
    details: 'Exits with 0 when the build succeeded, 1 when it failed; with -D, 0 when it was accepted.',
    examples: [
      ['start https://gitlab.wikimedia.org/toolforge-repos/my-tool', 'build the default branch'],
      ['start URL --ref v1.2 -i web -e NODE_ENV=production', 'build a tag into the image "web"'],
      ['start URL -D', 'start it and come back at once'],
    ],
    run: async (context, invocation) => (await import('./commands/start.ts')).start(context, invocation),
  },
  logs: {
    summary: "Print a build's log",
    usage: '[ID]',
    most: 1,
    options: {
      follow: { type: 'boolean', short: 'f', help: 'Go on until the build has ended.' },
      step: { type: 'string', value: 'STEP', help: 'Only this step, for instance build.' },
      tail: { type: 'string', value: 'N', help: 'Only the last N lines.' },
      since: { type: 'string', value: 'TIME', help: 'Begin at this time, such as 2026-11-22T08:02:11Z.' },
      grep: { type: 'string', short: 'g', value: 'PATTERN', help: 'Only lines that match, with their numbers.' },
      'from-line': { type: 'string', value: 'N', help: 'Begin with line N of --step.' },
      lines: { type: 'string', value: 'N', help: 'At most N lines.' },
      json: { type: 'boolean', help: 'Print JSON objects, one a line: type, step, time, line, cursor.' },
    },
    details: 'Without ID, the newest build. How the build ended does not matter to the exit code: see wait.',
    examples: [
      ['logs -f', 'follow the newest build'],
      ['logs my-build --step build --tail 20', 'the last 20 lines of one step'],
      ['logs -g "(?i)error|warning"', 'what went wrong, in RE2 syntax'],
      ['logs --step build --from-line 120 --lines 40', 'what stands around it'],
      ['logs --json | jq -r \'select(.type == "line").line\'', 'the bare lines'],
    ],
    run: async (context, invocation) => (await import('./commands/logs.ts')).logs(context, invocation),
  },
  list: {
    summary: 'List builds, newest first',
    usage: '',
    most: 0,
    options: { json },
    examples: [
      ['list', 'a table'],
      ['list --json | jq -r \'.builds[] | select(.status == "ok").build_id\'', 'ids of what succeeded'],
    ],
    run: async (context, invocation) => (await import('./commands/list.ts')).list(context, invocation),
  },
  show: {
    summary: 'Show one build',
    usage: '[ID]',
    most: 1,
    options: { json },
    details: 'Without ID, the newest build.',
    examples: [
      ['show', 'the newest build'],
      ['show my-build --json | jq -r .build.status', 'its status: ok, error, timeout, cancelled, running or pending'],
    ],
    run: async (context, invocation) => (await import('./commands/show.ts')).show(context, invocation),
  },
  wait: {
    summary: 'Wait until a build has ended',
    usage: '[ID]',
    most: 1,
    options: { json },
    details: 'Without ID, the newest build. Exits with 0 when the build succeeded, 1 when it did not.',
    examples: [['wait my-build && deploy', 'go on only after a good build']],
    run: async (context, invocation) => (await import('./commands/wait.ts')).wait(context, invocation),
  },
  cancel: {
    summary: 'Cancel waiting and running builds',
    usage: '[ID...]',
    most: Number.POSITIVE_INFINITY,
    options: { all: { type: 'boolean', help: 'All that wait or run.' }, 'yes-i-know': yes },
    examples: [
      ['cancel my-build', 'cancel one, after a question'],
      ['cancel --all -y', 'cancel all, without a question'],
    ],
    run: async (context, invocation) => (await import('./commands/cancel.ts')).cancel(context, invocation),
  },
  delete: {
    summary: 'Delete builds with their logs',
    usage: '[ID...]',
    most: Number.POSITIVE_INFINITY,
    options: { all: { type: 'boolean', help: 'All builds of the tool.' }, 'yes-i-know': yes },
    examples: [['delete my-build other-build -y', 'delete two, without a question']],
    run: async (context, invocation) => (await import('./commands/delete.ts')).deleteBuilds(context, invocation),
  },
  quota: {
    summary: 'Show what the tool uses and may use',
    usage: '',
    most: 0,
    options: { json },
    examples: [['quota', 'a table']],
    run: async (context, invocation) => (await import('./commands/quota.ts')).quota(context, invocation),
  },
  clean: {
    summary: "Delete the tool's images to free quota",
    usage: '',
    most: 0,
    options: { json, 'yes-i-know': yes },
    examples: [['clean -y', 'without a question']],
    run: async (context, invocation) => (await import('./commands/clean.ts')).clean(context, invocation),
  },
  completion: {
    summary: "Print a shell's completion script",
    usage: 'bash|zsh|fish',
    most: 1,
    choices: ['bash', 'zsh', 'fish'],
    options: {},
    examples: [
      ['completion bash > ~/.local/share/bash-completion/completions/toolforge-build', 'for bash'],
      ['completion zsh > ~/.zfunc/_toolforge-build', 'for zsh, with ~/.zfunc in fpath'],
      ['completion fish > ~/.config/fish/completions/toolforge-build.fish', 'for fish'],
    ],
    run: async (context, invocation) => (await import('./commands/completion.ts')).completion(context, invocation),
  },
};
