import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openSecret, withSecret } from '../../../lib/secret.ts';

let path: string;
let now = 0;
let logged: unknown[][];
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'secret-')), 'secret');
  [now, logged] = [0, []];
  await writeFile(path, 'first\n');
});
afterEach(() => rm(join(path, '..'), { recursive: true }));

const open = () => openSecret({ path, log: (...line) => void logged.push(line), now: () => now });

/** Replaces the file, and lets the secret see the change. */
const rotate = async (secret: ReturnType<typeof open>, content: string): Promise<readonly string[]> => {
  await writeFile(path, content);
  secret.refresh();
  return secret.values();
};

describe('the values of a secret are', () => {
  test('the lines of the file without spaces around them', async () => {
    await writeFile(path, ' new \r\n\nold\n\n');
    expect(open().values()).toEqual(['new', 'old']);
  });

  test('the new and the former ones until five minutes after a change', async () => {
    const secret = open();
    expect(await rotate(secret, 'second')).toEqual(['second', 'first']);
    now = 5 * 60 * 1000 - 1;
    expect(secret.values()).toEqual(['second', 'first']);
    now += 1;
    expect(secret.values()).toEqual(['second']);
  });

  test('each once, when a former value is in the file too', async () => {
    expect(await rotate(open(), 'second\nfirst')).toEqual(['second', 'first']);
  });

  test('those before the last change only, when the file changes twice', async () => {
    const secret = open();
    await rotate(secret, 'second');
    expect(await rotate(secret, 'third')).toEqual(['third', 'second']);
  });
});

test('the log has a line for each change, and no secret', async () => {
  const secret = open();
  await rotate(secret, 'second');
  await rotate(secret, '');
  expect(logged).toEqual([
    ['INFO', 'a secret has changed', { path }],
    ['WARNING', 'a file can not be used, so its former content stays in use', { path, error: expect.anything() }],
  ]);
  expect(JSON.stringify(logged)).not.toMatch(/first|second/);
});

test('an empty file is refused at first', async () => {
  await writeFile(path, ' \n');
  expect(open).toThrow(`${path} is empty`);
});

describe('withSecret', () => {
  /** Sends a value to a server that accepts some values. @returns the values that were sent, and the last result */
  const sendTo = async (accepted: string[], secret: ReturnType<typeof open>) => {
    const sent: string[] = [];
    const send = async (value: string): Promise<boolean> => {
      sent.push(value);
      return accepted.includes(value);
    };
    return { result: await withSecret(secret, send, (isAccepted) => !isAccepted), sent };
  };

  test('sends the first value only, while that value is accepted', async () => {
    await writeFile(path, 'first\nother');
    expect(await sendTo(['first'], open())).toEqual({ result: true, sent: ['first'] });
  });

  test('reads the file again after a refusal, and sends the new value', async () => {
    const secret = open();
    await writeFile(path, 'second');
    expect(await sendTo(['second'], secret)).toEqual({ result: true, sent: ['first', 'second'] });
  });

  test('sends the former value where the server does not know the new value yet', async () => {
    const secret = open();
    await rotate(secret, 'second');
    expect(await sendTo(['first'], secret)).toEqual({ result: true, sent: ['second', 'first'] });
  });

  test('sends the second line where the server accepts that value only', async () => {
    await writeFile(path, 'second\nfirst');
    expect(await sendTo(['first'], open())).toEqual({ result: true, sent: ['second', 'first'] });
  });

  test('returns the refusal after each value was sent once', async () => {
    const secret = open();
    await writeFile(path, 'second\nfirst');
    expect(await sendTo([], secret)).toEqual({ result: false, sent: ['first', 'second'] });
  });
});
