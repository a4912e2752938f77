import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runProgram } from '../../../embedded/lifecycle/pipeline-run.ts';

const steps = join(import.meta.dirname, '../../../../../knative/charts/builds-builder/files/steps');
const [user, group] = [String(process.getuid?.()), String(process.getgid?.())];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'with-lifecycle-'));
  await mkdir(join(folder, 'lifecycle'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Builder = {
  /** Text of lifecycle.toml. Default: the builder has no such file. */
  descriptor?: string;
  /** The platform APIs that the lifecycle accepts. Default: the builder has no lifecycle. */
  accepted?: string;
  user?: string;
  group?: string;
};

/** Runs with-lifecycle.sh, with a folder of this machine in the place of /cnb, which is a fixed path. */
const run = async (builder: Builder, words: string[] = ['bash', '-c', 'echo "API $CNB_PLATFORM_API"']) => {
  const place = join(folder, 'lifecycle');
  if (builder.descriptor !== undefined) await writeFile(join(place, 'lifecycle.toml'), builder.descriptor);
  if (builder.accepted !== undefined) {
    const detector = `#!/bin/sh\ncase " ${builder.accepted} " in *" $CNB_PLATFORM_API "*) exit 0 ;; esac\nexit 11\n`;
    await writeFile(join(place, 'detector'), detector);
    await chmod(join(place, 'detector'), 0o755);
  }
  const script = join(folder, 'with-lifecycle.sh');
  const text = await readFile(join(steps, 'with-lifecycle.sh'), 'utf8');
  await writeFile(script, text.replaceAll('/cnb/lifecycle', place));
  const variables = [`CNB_USER_ID=${builder.user ?? user}`, `CNB_GROUP_ID=${builder.group ?? group}`];
  return runProgram(['env', 'CNB_PLATFORM_API=0.4', ...variables, 'bash', script, ...words]);
};

const descriptorOf = (supported: string): string =>
  `[lifecycle]\nversion = "1"\n\n[apis.buildpack]\ndeprecated = []\nsupported = ["0.13"]\n\n[apis.platform]\ndeprecated = ["0.14"]\nsupported = ${supported}\n`;

test.each([
  ['0.21', descriptorOf('["0.7", "0.8", "0.9", "0.10", "0.11", "0.12", "0.13", "0.14", "0.15"]'), '0.14'],
  ['0.18', descriptorOf('["0.7", "0.8", "0.9", "0.10", "0.11", "0.12"]'), '0.12'],
  ['an unknown release, in descending order', descriptorOf('["0.20", "0.13", "0.12"]'), '0.13'],
  ['an array of several lines', descriptorOf('[\n  "0.11",\n  "0.12", # "0.14"\n]'), '0.12'],
  ['single quotes and no blanks', descriptorOf("['0.12','0.13']"), '0.13'],
  [
    'indentation, and tables in another order',
    `[ apis.platform ]\n  supported = ["0.12"]\n${'[api]\n  platform = "0.14"\n'}`,
    '0.12',
  ],
  ['line feeds after carriage returns', descriptorOf('["0.12", "0.13"]').replaceAll('\n', '\r\n'), '0.13'],
])(
  'a program gets the highest platform API that both know, by the descriptor of a lifecycle with %s',
  async (_, descriptor, api) => {
    expect(await run({ descriptor, accepted: '' })).toEqual({ exitCode: 0, output: `API ${api}\n` });
  },
);

test.each([
  ['0.10 0.11 0.12', '0.12'],
  ['0.12 0.13 0.14 0.15', '0.14'],
])('a lifecycle without a descriptor that accepts %s is asked for its platform APIs', async (accepted, api) => {
  expect(await run({ accepted })).toEqual({ exitCode: 0, output: `API ${api}\n` });
});

test('a lifecycle without a common platform API is refused, with both lists', async () => {
  const { exitCode, output } = await run({ descriptor: descriptorOf('["0.10", "0.11"]'), accepted: '' });
  expect(output).toContain('The lifecycle supports 0.10 0.11; this Pipeline supports 0.14 0.13 0.12.');
  expect(exitCode).toBe(80);
  const silent = await run({ descriptor: '', accepted: '0.11' });
  expect(silent.output).toContain('The lifecycle supports none of those; this Pipeline supports 0.14 0.13 0.12.');
  expect(silent.exitCode).toBe(80);
});

test('an image without a lifecycle is refused', async () => {
  const { exitCode, output } = await run({ descriptor: descriptorOf('["0.12"]') });
  expect(output).toContain('The builder image has no lifecycle');
  expect(exitCode).toBe(80);
});

test.each([{ user: '54321' }, { group: '54321' }])(
  'a builder whose user differs from that of the Pipeline is refused: %j',
  async (differing) => {
    const { exitCode, output } = await run({ descriptor: descriptorOf('["0.12"]'), accepted: '', ...differing });
    const ids = { user, group, ...differing };
    expect(output).toContain(
      `${ids.user}:${ids.group} (CNB_USER_ID, CNB_GROUP_ID), and the build runs as ${user}:${group}`,
    );
    expect(output).toContain('values user and group of the chart builds-builder');
    expect(exitCode).toBe(80);
  },
);

test('the arguments reach the program unchanged, and its exit code ends the step', async () => {
  const builder = { descriptor: descriptorOf('["0.12"]'), accepted: '' };
  const words = ['a b', '', '$(id)', '--', '*'];
  const ended = await run(builder, ['bash', '-c', 'printf "<%s>" "$@"; exit 51', 'program', ...words]);
  expect(ended).toEqual({ exitCode: 51, output: '<a b><><$(id)><--><*>' });
});
