import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { markName as mark, markOf } from '../../../support/log-marks.ts';

const step = path.join(import.meta.dirname, '../../../../embedded/lifecycle/step.ts');

/** Runs a program as a step. @returns what the step prints, and its exit code */
const run = async (program: string, env: Record<string, string>) => {
  const args = ['--disable-warning=ExperimentalWarning', step, '--failure=/dev/null', '-e', program];
  const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH ?? '', ...env } });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  return { printed: await text(child.stdout), exitCode: await exited };
};

test('a step of the embedded pipeline has marks before and after its output, as on a cluster', async () => {
  const program = 'console.log("a"); console.error("b"); process.stdout.write("c"); process.exitCode = 51;';
  expect(await run(program, { STEP_LOG_MARK: mark })).toEqual({
    printed: `${markOf('begin')}a\nb\nc\n${markOf('end: 3 lines, 5 bytes')}`,
    exitCode: 51,
  });
});

test('a step of the embedded pipeline has no marks without a name, and does not tell the name to its program', async () => {
  const program = 'console.log(process.env.STEP_LOG_MARK ?? "unset")';
  expect((await run(program, {})).printed).toBe('unset\n');
  expect((await run(program, { STEP_LOG_MARK: mark })).printed).toContain('unset\n');
});
