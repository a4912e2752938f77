import { expect, test } from '@jest/globals';
import { CloudEvent } from 'cloudevents';
import { createFinishBuild } from '../../../../events/finish-build/handler.ts';
import { startBuild } from '../../../../lib/builds/start.ts';
import { ApiError } from '../../../../lib/errors.ts';
import {
  buildEventSource,
  ledgerBehindType,
  type OwnEvent,
  readsEventSource,
} from '../../../../lib/events/build-event.ts';
import { createBehindReporter } from '../../../../lib/events/ledger-behind.ts';
import { eventTypes } from '../../../../lib/tekton/events.ts';
import { World } from '../../lib/builds/world.ts';

test('finish-build reconciles a tool at once when a reader reports that its ledger is behind', async () => {
  const world = new World(undefined);
  const { context } = world.instance({ isImmediate: true });
  const start = () =>
    startBuild(context, 'mine', { source_url: 'https://example.org/x' }, undefined, new AbortController().signal);
  const [first, second, third] = [await start(), await start(), await start()];
  expect(third.position).toBe(1);
  const ended = world.liveRuns()[0]?.metadata.name;
  world.endRun(0);

  const finishBuild = createFinishBuild(context);
  const handled: Promise<void>[] = [];
  const send = async (event: OwnEvent) => void handled.push(finishBuild(new CloudEvent(event)));
  createBehindReporter({ send, log: context.log })('mine', ended);
  await Promise.all(handled);
  const { finished, running } = world.ledger('mine')?.status ?? {};
  expect(finished?.map(({ id }) => id)).toEqual([ended]);
  const stillRunning = [first.id, second.id].filter((id) => id !== ended);
  expect(running?.map(({ id }) => id)).toEqual([...stillRunning, third.id]);
  expect(world.liveRuns().map(({ metadata }) => metadata.name)).toContain(third.id);
});

test('after a failed reconcile the broker sends the end of a run again, but not a report of a reader', async () => {
  const { context } = new World(undefined).instance({ isImmediate: true });
  const warnings: string[] = [];
  const finishBuild = createFinishBuild({
    ...context,
    log: (severity, message) => void warnings.push(`${severity} ${message}`),
    ledger: {
      ...context.ledger,
      read: async () => {
        throw new ApiError(503, 'unavailable', 'The API server does not respond.');
      },
    },
  });
  const data = { tool: 'mine', build: 'mine-1' };
  const ended = { type: eventTypes.pipelineRunSuccessful, source: buildEventSource, data };
  const report = { type: ledgerBehindType, source: readsEventSource, data };
  await expect(finishBuild(new CloudEvent(ended))).rejects.toMatchObject({ status: 503 });
  await expect(finishBuild(new CloudEvent(report))).resolves.toBeUndefined();
  expect(warnings).toEqual(['WARNING a ledger that is behind was not reconciled; sweep reconciles it']);
});
