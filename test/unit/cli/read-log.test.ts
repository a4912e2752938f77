import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import type { Api } from '../../../cli/api.ts';
import { readLog } from '../../../cli/log-stream.ts';

test('readLog gives up after six streams without an event, with longer and longer pauses', async () => {
  let opened = 0;
  const pauses: number[] = [];
  const openLog = async () => {
    opened += 1;
    return Readable.from([]) as unknown as IncomingMessage;
  };
  const options = {
    api: { openLog } as unknown as Api,
    base: new URL('http://localhost'),
    onRetry: () => {},
    sleep: async (pause: number) => void pauses.push(pause),
    random: () => 1,
  };
  const events = readLog(options, 'demo-4', { follow: true });
  await expect(events.next()).rejects.toMatchObject({
    exitCode: 6,
    message: 'The connection for the log broke 6 times in a row.',
  });
  expect(opened).toBe(6);
  expect(pauses).toEqual([250, 500, 1000, 2000, 4000]);
});
