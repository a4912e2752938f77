import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import type { Api } from '../../../cli/api.ts';
import { readLog } from '../../../cli/log-stream.ts';

/** Reads a log from the function `openLog`, without waiting. @returns the first event, the pauses and the notices */
const read = (openLog: () => Promise<unknown>) => {
  const [pauses, notices]: [number[], string[]] = [[], []];
  const options = {
    api: { openLog } as unknown as Api,
    base: new URL('http://localhost'),
    onRetry: ({ next }: { next: string }) => void notices.push(next),
    sleep: async (pause: number) => void pauses.push(pause),
    random: () => 1,
  };
  return { first: readLog(options, 'demo-4', { follow: true }).next(), pauses, notices };
};

test('readLog says before each new request that it resumes the log, and not when it gives up', async () => {
  const { first, pauses, notices } = read(() => {
    throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
  });
  await expect(first).rejects.toMatchObject({ exitCode: 6 });
  expect(pauses).toHaveLength(5);
  expect(notices).toEqual(pauses.map(() => 'Resuming the log where it was cut.'));
});

test('readLog gives up after six streams without an event, with longer and longer pauses', async () => {
  let opened = 0;
  const { first, pauses } = read(async () => {
    opened += 1;
    return Readable.from([]);
  });
  await expect(first).rejects.toMatchObject({
    exitCode: 6,
    message: 'The connection for the log broke 6 times in a row.',
  });
  expect(opened).toBe(6);
  expect(pauses).toEqual([250, 500, 1000, 2000, 4000]);
});
