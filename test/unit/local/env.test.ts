import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { noLog } from '../../../lib/log.ts';
import { type Platform, startPlatform } from '../../../local/platform.ts';
import { quoted } from '../../../local/shells.ts';
import { type ShellName, testIn } from '../../support/shells.ts';

const root = join(import.meta.dirname, '../../..');
let place: string;
let folder: string;
let platform: Platform;

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'env-'));
  // Every character that a shell may take for something else.
  folder = join(place, `it's a "data" $(folder) \\ \`of\` one; & 'two' *`);
  platform = await startPlatform({ folder, port: 0, gatewayPort: 0, log: noLog });
}, 60_000);
afterAll(async () => {
  await platform?.close();
  await rm(place, { recursive: true, force: true });
});

/** Returns what a shell prints, in which variables of another sign-in are set. */
const runIn = async (shell: string, script: string): Promise<string[]> => {
  const other = { TOOLFORGE_TOKEN: 'another', TOOLFORGE_TOKEN_COMMAND: 'false', TOOLFORGE_TOOL: 'another' };
  const { stdout } = await promisify(execFile)(shell, ['-c', script], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: place, NODE: process.execPath, ...other, TOOLFORGE_BUILDS_DATA: folder },
  });
  return stdout.trim().split('\n');
};

/** Commands that print the environment of a tool, and give it to the shell. npm is slow, so only one shell calls it. */
const direct = '"$NODE" local/env.ts';
/** Variables of another sign-in that all shells of a user have whose shell is fish. */
const universal = 'set -Ux TOOLFORGE_TOKEN another; set -Ux TOOLFORGE_TOOL another';
const become: [ShellName | 'sh', string, (tool: string) => string][] = [
  ['bash', 'npm', (tool) => `eval "$(npm run -s env -- ${tool})"`],
  ['zsh', 'node', (tool) => `eval "$(${direct} ${tool})"`],
  ['sh', 'node', (tool) => `eval "$(${direct} ${tool})"`],
  [
    'fish',
    'node',
    (tool) => (tool === 'first' ? `${universal}; eval "$(${direct} first)"` : `${direct} ${tool} | source`),
  ],
];

describe('npm run env', () => {
  for (const [shell, program, command] of become)
    (shell === 'sh' ? test : testIn(shell))(
      `makes ${shell} act as one tool and then as another, by ${program}, with toolforge-build first on the PATH`,
      async () => {
        const script = `${command('first')}; ${command('second-tool')}; echo "$PATH"; toolforge-build whoami`;
        const [path = '', who] = await runIn(shell, script);
        expect(who).toBe('certificate:second-tool, authenticated by a client certificate');
        expect(path.startsWith(join(folder, 'bin'))).toBe(true);
        expect(path.split(join(folder, 'bin'))).toHaveLength(2);
      },
      60_000,
    );

  const run = (words: string[], data = folder) => {
    const env = { PATH: process.env.PATH, TOOLFORGE_BUILDS_DATA: data };
    const { status, stdout, stderr } = spawnSync(process.execPath, ['local/env.ts', ...words], {
      ...{ cwd: root, env, encoding: 'utf8' },
    });
    return { status, stdout, stderr: stderr.trim() };
  };
  // The line is for any folder: elsewhere npm itself would run a program that is named like the tool.
  const usage = `Usage: eval "$(npm --prefix ${quoted(root)} run -s env -- TOOL)"`;

  test.each([
    [['../a'], `"../a" can't name a tool: `],
    [['a', '--shell', 'csh'], `--shell must be one of bash, zsh, fish, sh. ${usage}`],
  ])('refuses %j, and prints no command', (words, sentence) => {
    const { status, stdout, stderr } = run(words);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(sentence);
  });

  test('refuses a data folder with a colon, which would end the folder in PATH, and prints no command', () => {
    const { status, stdout, stderr } = run(['mytool'], join(place, 'a:b'));
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('Move the folder to a path without a colon');
  });

  test('takes a name of 256 characters, and writes a kubeconfig that only its owner can read', async () => {
    const { status, stdout } = run(['a'.repeat(256), '--shell', 'sh']);
    expect(status).toBe(0);
    expect(stdout).toContain('export KUBECONFIG=');
    const [name = ''] = (await readdir(join(folder, 'tools'))).filter((found) => found.startsWith('aaa'));
    const { mode } = await stat(join(folder, 'tools', name, 'kubeconfig'));
    expect(mode & 0o777).toBe(0o600);
  });
});
