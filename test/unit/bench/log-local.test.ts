import { expect, test } from '@jest/globals';
import { openLocal } from '../../../bench/log-local.ts';
import { buildRecord, finished, isWhole, timeRead } from '../../../bench/log-target.ts';

test('the local benchmark of logs gets a whole log from its pod, and follows it to its end', async () => {
  const target = await openLocal();
  try {
    await target.setBuild(buildRecord(target.id, finished()));
    const fromPod = await timeRead(() => target.fetch(target.id, 'step=clone&format=ndjson', true));
    expect(fromPod.lastBytes).toContain('"type":"end"');
    expect(isWhole(fromPod)).toBe(true);

    await target.setBuild(buildRecord(target.id));
    const followed = timeRead(() => target.open(target.id, 'step=build&follow=true&format=ndjson'));
    await target.endPod();
    await target.setBuild(buildRecord(target.id, finished()));
    expect((await followed).lastBytes).toContain('"status":"BUILD_SUCCESS"');
  } finally {
    await target.close();
  }
}, 120_000);
