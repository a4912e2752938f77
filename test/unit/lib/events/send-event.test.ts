import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readSettings } from '../../../../lib/config/settings.ts';
import { brokerSettings, sendFromSettings } from '../../../../lib/events/send-event.ts';
import { startServer } from '../../../support/server.ts';

test('an event is sent again with the new token when the broker refuses the former', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'broker-token-'));
  const path = join(folder, 'token');
  await writeFile(path, 'first');
  let accepted = 'first';
  const seen: (string | undefined)[] = [];
  const broker = await startServer(({ headers: { authorization } }, res) => {
    seen.push(authorization);
    res.writeHead(authorization === `Bearer ${accepted}` ? 202 : 401).end();
  });
  const send = sendFromSettings(readSettings(brokerSettings, { BROKER_URL: broker.url, BROKER_TOKEN_FILE: path }));
  const event = { id: '1', type: 'org.example.seen.v1', source: '/example', subject: 'b-1', data: { tool: 'mine' } };
  await send(event);
  accepted = 'second';
  await writeFile(path, 'second');
  await send(event);
  expect(seen).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
  accepted = 'third';
  await expect(send(event)).rejects.toMatchObject({ code: 'unavailable', cause: { message: /status 401/ } });
  await broker.close();
  await rm(folder, { recursive: true });
});
