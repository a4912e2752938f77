import { expect, test } from '@jest/globals';
import type { CloudEvent } from 'cloudevents';
import { createFinishBuild } from '../../../../events/finish-build/handler.ts';
import { startBuild } from '../../../../lib/builds/start.ts';
import { createBehindReporter } from '../../../../lib/events/ledger-behind.ts';
import { World } from '../../lib/builds/world.ts';

test('finish-build reconciles a tool at once when a reader reports that its ledger is behind', async () => {
  const world = new World(undefined);
  const { context } = world.instance({ isImmediate: true });
  const start = () =>
    startBuild(context, 'mine', { source_url: 'https://example.org/x' }, undefined, new AbortController().signal);
  const [first, second, third] = [await start(), await start(), await start()];
  expect(third.position).toBe(1);
  world.endRun(0);

  const finishBuild = createFinishBuild(context);
  const handled: Promise<void>[] = [];
  const send = async (event: CloudEvent<unknown>) => void handled.push(finishBuild(event));
  createBehindReporter({ send, log: context.log })('mine', first.id);
  await Promise.all(handled);
  const { finished, running } = world.ledger('mine')?.status ?? {};
  expect(finished?.map(({ id }) => id)).toEqual([first.id]);
  expect(running?.map(({ id }) => id)).toEqual([second.id, third.id]);
  expect(world.liveRuns().map(({ metadata }) => metadata.name)).toContain(third.id);
});
