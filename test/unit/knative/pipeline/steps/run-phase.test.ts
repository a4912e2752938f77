import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { excerptOf } from '../../../../../embedded/lifecycle/failure-excerpt.ts';
import { maskExcerpt } from '../../../../../lib/logs/masking/failure-excerpt.ts';
import { markName as mark, markOf } from '../../../../support/log-marks.ts';
import { invisibleTexts } from '../../../lib/logs/masking/invisible-texts.ts';
import { outputs } from '../../../lib/logs/masking/outputs.ts';

const script = path.join(import.meta.dirname, '../../../../../knative/charts/builds-builder/files/steps/run-phase.sh');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'run-phase-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a shell program as a step whose log has marks. @returns what the step prints */
const runMarked = async (program: string, onOutput: (text: string) => void = () => {}): Promise<string> => {
  const env = { PATH: process.env.PATH, STEP_LOG_MARK: mark };
  const child = spawn('/bin/bash', [script, path.join(folder, 'failure'), '/bin/bash', '-c', program], { env });
  let printed = '';
  for await (const part of child.stdout) {
    printed += String(part);
    onOutput(printed);
  }
  return printed;
};

type Run = { exitCode: number; printed: Buffer; failure: Buffer };

/** Runs the script with a program that prints an output and ends with an exit code. */
const run = async (output: string | Buffer, exitCode = 1): Promise<Run> => {
  const [input, failure] = [path.join(folder, 'input'), path.join(folder, 'failure')];
  await Promise.all([writeFile(input, output), rm(failure, { force: true })]);
  const command = [script, failure, '/bin/sh', '-c', 'cat "$0"; exit "$1"', input, String(exitCode)];
  const ended = await new Promise<Pick<Run, 'exitCode' | 'printed'>>((resolve) =>
    execFile('/bin/bash', command, { encoding: 'buffer', maxBuffer: 1 << 24 }, (error, printed) =>
      resolve({ exitCode: Number(error?.code ?? 0), printed }),
    ),
  );
  return { ...ended, failure: await readFile(failure).catch(() => Buffer.alloc(0)) };
};

const excerpt = async (output: string | Buffer): Promise<string> => (await run(output)).failure.toString();

/** Returns the size of a text as Go encodes it in JSON. */
const encodedSize = (text: string): number =>
  Buffer.byteLength(JSON.stringify(text).slice(1, -1)) +
  5 * (text.match(/[<>&]/g)?.length ?? 0) +
  3 * (text.match(/[\u2028\u2029]/g)?.length ?? 0);

const expectSmall = ({ failure }: Run): void => {
  const text = failure.toString();
  expect(Buffer.from(text)).toEqual(failure);
  expect(failure.length).toBeLessThanOrEqual(1000);
  expect(encodedSize(text)).toBeLessThanOrEqual(1150);
};

describe('run-phase.sh', () => {
  test('passes output and exit code on, and writes no excerpt when the program succeeds', async () => {
    const output = Buffer.from([0, 255, 10, 27, 91, 65]);
    expect(await run(output, 0)).toEqual({ exitCode: 0, printed: output, failure: Buffer.alloc(0) });
    expect(await run(output, 51)).toMatchObject({ exitCode: 51, printed: output });
    expect(await run('', 7)).toEqual({ exitCode: 7, printed: Buffer.alloc(0), failure: Buffer.alloc(0) });
  });

  test('writes a short output as a whole, after an empty line', async () => {
    expect(await excerpt('one\ntwo\n')).toBe('\none\ntwo');
    expect(await excerpt('one\n\n\n')).toBe('\none');
    expect(await excerpt('no line feed')).toBe('\nno line feed');
  });

  test('writes the last whole lines of a long output, after the end of the line before them', async () => {
    const lines = Array.from({ length: 500 }, (_, at) => `${at} ${'й'.repeat(at % 40)} end of line ${at}`);
    const [context = '', ...shown] = (await excerpt(lines.join('\n'))).split('\n');
    expect(shown.length).toBeGreaterThan(5);
    expect(shown).toEqual(lines.slice(-shown.length));
    expect(context).toContain(`end of line ${499 - shown.length}`);
    expect(context.length).toBeLessThanOrEqual(100);
  });

  test.each([
    ['without a blank', 'x'.repeat(5000)],
    ['of letters of three bytes', '失'.repeat(400)],
    ['longer than what is kept', 'x y '.repeat(20_000)],
  ])('leaves out a last line %s, and shows the lines before it only if they are known to be whole', async (_, long) => {
    const shown = await excerpt(`first\nsecond\n${long}`);
    const isKept = Buffer.byteLength(long) < 60_000;
    expect(shown).toBe(`${isKept ? '\nfirst\nsecond' : ''}\n[a long line is left out here]`);
  });

  test('ends with a long line before the excerpt, because the lines after it may belong to it', async () => {
    const shown = await excerpt(`first\n${'x'.repeat(700)} password:\nlast`);
    expect(shown).toBe(`${'x'.repeat(90)} password:\nlast`);
  });

  test('says that a private key is open where the excerpt begins', async () => {
    const key = ['-----BEGIN RSA PRIVATE KEY-----', ...Array<string>(200).fill('MIIEpAIB')];
    expect(await excerpt(key.join('\n'))).toMatch(/^-----BEGIN PRIVATE KEY-----\nMIIEpAIB\n/);
    const ended = [...key, '-----END RSA PRIVATE KEY-----', ...Array<string>(200).fill('after')];
    expect(await excerpt(ended.join('\n'))).toMatch(/^-----END RSA PRIVATE KEY-----\nafter\nafter\n/);
  });

  const many = (line: (at: number) => string) => Array.from({ length: 60 }, (_, at) => line(at));
  test.each<[string, string[]]>([
    ['a table', ['user | password | host', '-----+-----+-----', ...many((at) => `tool${at} | sunshine | db${at}`)]],
    ['a table in a frame', ['| id | password |', '|---|---|', ...many((at) => `| ${at} | sunshine |`), '|---|---|']],
    ['a table with tabs', ['user\tpassword', ...many((at) => `tool${at}\tsunshine`)]],
    ['CSV', ['name,password,host', ...many((at) => `tool${at},sunshine,db.example.org`)]],
    [
      'a list of words',
      [
        'Recovery codes:',
        ...many((at) => `sunshine-${at}a-aaaa1111-bbbb2222-cccc3333`).slice(0, 30),
        ...many(() => '').slice(0, 0),
      ],
    ],
    ['columns of bytes', ['prime1:', ...many(() => `    ${'5a:b7:3e:'.repeat(5)}`)]],
  ])('shows no secret that the header of %s tells, which the log masks', async (_, lines) => {
    const whole = `${many((at) => `first line ${at}`).join('\n')}\n${lines.join('\n')}\n`;
    for (const text of [await excerpt(whole), excerptOf(Buffer.from(whole))]) {
      const shown = maskExcerpt(text);
      expect(shown).toContain('[masked]');
      expect(shown).not.toMatch(/sunshine|b7:3e/);
    }
  });

  test.each([
    ['no table', ['one', 'two three', 'four, five, six'], /^(?:one|two three|four, five, six)\n/],
    ['one word a line', ['one', 'two'], /^first line\n/],
    ['only drawn lines', ['---', '==='], /^(?:---|===)\n/],
    ['rows of one table', ['a,b', 'c,d'], /^a,b\n/],
  ])('the line before an excerpt of %s is the one that says what the lines are', async (_, lines, context) => {
    const output = `first line\n${`${lines.join('\n')}\n`.repeat(300)}`;
    for (const text of [await excerpt(output), excerptOf(Buffer.from(output))]) expect(text).toMatch(context);
  });

  test('removes colours, and keeps all other control characters', async () => {
    expect(await excerpt('\u001b[31mred\u001b[0;38:5:1m\n10%\rghp_x\u0000y\u0007z\u007f\u001b]0;t\n')).toBe(
      '\nred\n10%\nghp_x\u0001y\u0007z\u007f\u001b]0;t',
    );
  });

  test.each(invisibleTexts.filter(([, text]) => text.length < 400))(
    'shows no secret with %s within, which the log masks',
    async (_, invisible) => {
      const shown = maskExcerpt(await excerpt(`first\npassword=Tr0ub4${invisible}dor-9x\n`));
      expect(shown).toMatch(/^first\npassword.*\[masked\]/);
      expect(shown).not.toMatch(/Tr0ub4|dor-9/);
    },
  );

  test('writes valid text of at most 1,000 bytes, and of at most 1,150 bytes as JSON, for any bytes', async () => {
    const noise = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7) % 256));
    const outputs = [
      noise,
      '<&>"'.repeat(400),
      '\u0001\u0007\b\f\v\u001b\u007f'.repeat(60),
      '\u0001\b\u001b[\n'.repeat(400),
      '<&>"\\\n'.repeat(400),
      'a\u2028b\u2029\n'.repeat(300),
      '\n'.repeat(5000),
    ];
    for (const output of outputs) expectSmall(await run(output));
    expect(
      (await run(Buffer.concat([Buffer.from('a'), Buffer.of(0xff, 0xc3), Buffer.from('b\n')]))).failure.toString(),
    ).toBe('\na??b');
  });

  test('property: no end of a secret is shown of any output, and the excerpt is small', async () => {
    await fc.assert(
      fc.asyncProperty(outputs, async ({ text, hidden }) => {
        const ended = await run(text);
        expectSmall(ended);
        const shown = maskExcerpt(ended.failure.toString());
        for (const part of hidden) expect(shown).not.toContain(part);
      }),
      { numRuns: 25 },
    );
  });
});

describe('the marks of run-phase.sh', () => {
  test('stand before and after the output, with the numbers of lines and bytes', async () => {
    expect(await runMarked('printf "a\\n\\nb\\n" >&2; exit 3')).toBe(
      `${markOf('begin')}a\n\nb\n${markOf('end: 3 lines, 5 bytes')}`,
    );
    expect(await runMarked(':')).toBe(markOf('begin') + markOf('end: 0 lines, 0 bytes'));
  });

  test('begin a new line, and count a last line without a line feed', async () => {
    expect(await runMarked('printf "a\\nb"')).toBe(`${markOf('begin')}a\nb\n${markOf('end: 2 lines, 3 bytes')}`);
    expect(await runMarked('printf "\\0"')).toBe(`${markOf('begin')}\0\n${markOf('end: 1 lines, 1 bytes')}`);
  });

  test('count what was printed, also when the program leaves a process behind that prints for ever', async () => {
    const printed = await runMarked('seq 100000; (while :; do echo more; sleep 0.01; done) & exit 0');
    const [, lines = '', bytes = ''] = /end: (\d+) lines, (\d+) bytes\n$/.exec(printed) ?? [];
    const output = printed.split('\n').filter((line) => !line.startsWith('[log-mark'));
    expect(output.length - 1).toBe(Number(lines));
    expect(Buffer.byteLength(output.join('\n'))).toBe(Number(bytes));
    expect(output.slice(0, 100_000)).toEqual(Array.from({ length: 100_000 }, (_, at) => String(at + 1)));
  });

  test('have no end, and a sentence says so, where the process that passes the output on was killed', async () => {
    const children = '/proc/$PPID/task/$PPID/children';
    const kill = `for p in $(cat ${children}); do [ "$(cat /proc/$p/comm)" != tee ] || kill -9 $p; done`;
    const printed = await runMarked(`echo a; ${kill}; trap "" PIPE; echo b`);
    expect(printed).not.toContain(`[log-mark ${mark}] end`);
    expect(printed).toMatch(/\nThe rest of this output is lost: the process .* was killed\.\n$/);
  });

  test('are not told to the program, and do not appear without a name', async () => {
    expect(await runMarked('printenv STEP_LOG_MARK || echo unset')).toContain('unset\n');
    expect((await run('a')).printed.toString()).toBe('a');
  });

  test('end an unfinished line, so that a progress bar is seen before it ends', async () => {
    const pipe = path.join(folder, 'go-on');
    execFileSync('mkfifo', [pipe]);
    const program = `printf "\\r10%%"; read -r _ <"${pipe}"; printf "\\r100%%\\n"`;
    let isOpen = false;
    const printed = await runMarked(program, (text) => {
      if (isOpen || !text.includes('continues')) return;
      isOpen = true;
      void writeFile(pipe, '\n');
    });
    expect(printed).toMatch(`\r10%${markOf('continues')}`);
    expect(printed.replaceAll(markOf('continues'), '')).toBe(
      `${markOf('begin')}\r10%\r100%\n${markOf('end: 1 lines, 10 bytes')}`,
    );
  });
});
