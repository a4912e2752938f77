import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Event, Platform } from './support.ts';
import { run, runsPath, sh, startPlatform } from './support.ts';

/**
 * Folder of CloudEvents that were recorded from Tekton Pipelines 1.15. Only the field metadata.managedFields is left
 * out.
 */
const fixtures = join(import.meta.dirname, '../../../fixtures/tekton-events');
/**
 * The cases of a missing image and of a timeout are left out, because their recorded events depend on the machine's
 * speed. runs.test.ts and stopped.test.ts test both cases.
 */
const files = readdirSync(fixtures).filter((file) => !/^ev-(badimage|timeout)/.test(file));
/** Defaults that Tekton's webhook writes into a pipeline's tasks, and that the embedded platform leaves out. */
const ignoredFields = /\/taskSpec\/(spec|metadata)|\/taskSpec\/steps\//;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
  await start('ev-ok', 'true');
  await start('ev-fail', 'exit 3');
  await start('ev-cancel', 'sleep 60');
  await start('ev-pending', 'true', { status: 'PipelineRunPending' });
  await sent('taskrun.running.v1', 'ev-cancel-build-from-git');
  const cancel = { spec: { status: 'Cancelled' } };
  await platform.served.call('PATCH', `${runsPath}/ev-cancel`, cancel, 'application/merge-patch+json');
});
afterAll(() => platform.close());

const start = async (name: string, script: string, spec: object = {}): Promise<void> => {
  await platform.served.call('POST', runsPath, run(name, [sh('clone', 'true'), sh('build', script)], spec));
};

const sent = (type: string, name: string): Promise<Event> =>
  platform.event((event) => event.type === type && event.headers['ce-subject'] === name);

/** Returns the paths of all fields of a JSON value. The elements of a list share one path. */
const paths = (value: unknown, at = ''): string[] => {
  if (typeof value !== 'object' || value === null) return [at];
  return Object.entries(value).flatMap(([key, part]) => paths(part, `${at}/${Array.isArray(value) ? '*' : key}`));
};

test.each(files)('the event %s has the recorded fields, condition and headers', async (file) => {
  const recorded = JSON.parse(readFileSync(join(fixtures, file), 'utf8')) as Event;
  const object = recorded.body.pipelineRun ?? recorded.body.taskRun;
  const [, type = ''] = /^[^.]+\.(.+)\.json$/.exec(file) ?? [];
  const event = await sent(type, object?.metadata.name ?? '');
  const have = new Set(paths(event.body));
  expect(paths(recorded.body).filter((path) => !have.has(path) && !ignoredFields.test(path))).toEqual([]);
  expect(Object.keys(event.headers)).toEqual(expect.arrayContaining(Object.keys(recorded.headers)));
  const ours = event.body.pipelineRun ?? event.body.taskRun;
  const told = ({ reason, message }: { reason: string; message: string }) => ({ reason, message });
  expect(ours?.status.conditions?.map(told)).toEqual(object?.status.conditions?.map(told));
});
