import { expect, test } from '@jest/globals';
import { openLocal } from '../../../bench/log-local.ts';
import { buildRecord, finished, gzip, isWhole, timeRead } from '../../../bench/log-target.ts';

test('the local benchmark of logs gets a whole log from its pod, follows it, and gets a whole log from its archive', async () => {
  const target = await openLocal();
  try {
    await target.setBuild(buildRecord(target.id, finished()));
    const fromPod = await timeRead(() => target.fetch(target.id, 'step=clone&format=ndjson', true));
    expect(fromPod.lastBytes).toContain('"type":"end"');
    expect(isWhole(fromPod)).toBe(true);

    await target.setBuild(buildRecord(target.id));
    const followed = timeRead(() => target.open(target.id, 'step=build&follow=true&format=ndjson', gzip));
    await target.endPod();
    await target.setBuild(buildRecord(target.id, finished()));
    expect((await followed).bytes).toBeGreaterThan(0);

    await target.archive();
    await target.setBuild(buildRecord(target.id, { ...finished(), log: 'complete' }));
    const fromArchive = await timeRead(() => target.fetch(target.id, 'step=clone&format=ndjson', true));
    expect(fromArchive.lastBytes).toContain('"log":"complete"');
    expect(isWhole(fromArchive)).toBe(true);
  } finally {
    await target.close();
  }
});
