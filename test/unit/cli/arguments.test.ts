import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { shownCommands } from '../../../cli/command.ts';
import { commands } from '../../../cli/commands.ts';
import { exitCodeMeanings } from '../../../cli/failure.ts';
import { type Cli, createCli } from './support.ts';

let cli: Cli;
beforeAll(() => {
  cli = createCli();
});
afterAll(() => cli.close());

const shown = shownCommands(commands);
const names = Object.keys(shown);

test('--help lists every command and every exit code', async () => {
  const { code, stdout } = await cli.run(['--help']);
  expect(code).toBe(0);
  for (const name of names) expect(stdout).toContain(`  ${name} `);
  for (const [exitCode, meaning] of exitCodeMeanings) expect(stdout).toContain(`${exitCode}`.padEnd(5) + meaning);
});

test.each(names)('%s --help lists the options and an example', async (name) => {
  const { code, stdout } = await cli.run([name, '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain(`Usage: toolforge-build ${name}`);
  expect(stdout).toContain('Examples:\n  # ');
  for (const option of Object.keys(commands[name]?.options ?? {})) expect(stdout).toContain(`--${option}`);
});

test('--version prints the version in the form of the Python client', async () => {
  expect((await cli.run(['--version'])).stdout).toMatch(/^Toolforge Builds CLI, version \d+\.\d+\.\d+/);
});

test.each([
  [[], 'Usage:'],
  [['lost'], 'There is no command "lost".'],
  [['lis'], 'Did you mean list?'],
  [['constructor'], 'There is no command'],
  [['list', '--bogus'], 'Unknown option --bogus.'],
  [['start', 'URL', '--rf', 'main'], 'Unknown option --rf: did you mean --ref?'],
  [['start', 'URL', '-ref', 'main'], 'Unknown option -ref: did you mean --ref?'],
  [['start', 'URL', '--rfe=main'], 'Unknown option --rfe: did you mean --ref?'],
  [['start', 'URL', '--use'], 'did you mean --use-latest-versions or --use-deprecated-versions?'],
  [['start', 'URL', '-d', '-l'], 'Unknown option -l: did you mean -L?'],
  [['start', 'URL', '-x'], 'Unknown option -x.'],
  [['show', '--follow'], 'Unknown option --follow, which belongs to logs.'],
  [['--ref', 'main', 'start', 'URL'], 'Unknown option --ref, which belongs to start.'],
  [['list', '--constructor'], 'Unknown option --constructor.'],
  [['list', '--json=yes'], '--json takes no value.'],
  [['strat'], 'Did you mean start?'],
  [['list', 'extra'], 'Unexpected argument "extra".'],
  [['show', 'a', 'b'], 'Unexpected argument "b".'],
  [['start'], 'Please provide a git url for your source code.'],
  [['start', 'https://example.org', '-e', '=value'], '-e takes NAME=value'],
  [['start', 'https://example.org', '--ref'], '--ref needs a value: --ref REF'],
  [
    ['start', 'https://example.org', '--ref', '-D'],
    '--ref needs a value before -D. If this is the value, write --ref=-D',
  ],
  [['start', 'https://example.org', '-i', '-D'], '-i needs a value before -D. If this is the value, write -i-D'],
  [['logs', '--tail', 'x'], '--tail takes a number'],
  [['show', '../../quotas'], 'is not an id of a build'],
  [['cancel', '-y'], 'No build passed to cancel.'],
  [['delete', '-y'], 'No build passed to delete.'],
  [['delete', 'a', '--all', '-y'], 'not both'],
  [['completion', 'tcsh'], 'Name a shell'],
])('toolforge-build %j ends with exit code 2 and prints nothing to standard output', async (args, sentence) => {
  const { code, stdout, stderr } = await cli.run(args, { TOOL_TOOLFORGE_API_URL: 'http://127.0.0.1:9' });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(sentence);
});

test('the bash completion completes commands, options and arguments', async () => {
  const { stdout } = await cli.run(['completion', 'bash']);
  const complete = (...words: string[]) =>
    execFileSync('bash', [
      '-c',
      `${stdout}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _toolforge_build; echo "\${COMPREPLY[*]}"`,
      'x',
      'toolforge-build',
      ...words,
    ])
      .toString()
      .trim();
  expect(complete('s')).toBe('start show');
  expect(complete('-v', 'logs', '--st')).toBe('--step');
  expect(complete('completion', 'z')).toBe('zsh');
  // The launcher of Toolforge calls the same function for `toolforge build logs --st`, so one more word comes before.
  expect(complete('build', 'logs', '--st')).toBe('--step');
});

test.each(['zsh', 'fish'])('the %s completion has every command and option', async (shell) => {
  const { code, stdout } = await cli.run(['completion', shell]);
  expect(code).toBe(0);
  for (const [name, { options }] of Object.entries(shown)) {
    expect(stdout).toContain(name);
    for (const option of Object.keys(options)) expect(stdout).toContain(option);
  }
});
