import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openService, type Service, type Tool, until } from '../service/service.ts';
import { type Event, eventsOf, isPrinted, printing } from './printing.ts';

const count = 5000;

let service: Service;
let tool: Tool;
let url: string;
beforeAll(async () => {
  service = await openService();
  tool = await service.tool();
  url = await service.repository('endless', printing(count, 40));
});
afterAll(() => service.close());

/**
 * Follows a build's log. Once the build has printed all its lines, `end` is called to end the build.
 * @returns the received lines, and the last event of the log
 */
const followUntil = async (id: string, end: () => Promise<unknown>): Promise<{ shown: string[]; last: Event }> => {
  const shown: string[] = [];
  let last: Event = { type: '' };
  for await (const event of eventsOf(tool, id, '&follow=true')) {
    last = event;
    if (!isPrinted(event)) continue;
    shown.push(event.line ?? '');
    if (shown.length === count) await end();
  }
  return { shown, last };
};

const stored = async (id: string): Promise<{ lines: string[]; end: Event | undefined }> => {
  await until('the log is archived', async () => (await tool.get(id)).log !== 'live');
  const lines: string[] = [];
  let end: Event | undefined;
  for await (const event of eventsOf(tool, id, '')) {
    if (isPrinted(event)) lines.push(event.line ?? '');
    if (event.type === 'end') end = event;
  }
  return { lines, end };
};

test('the archive of a cancelled build has every line that was sent live', async () => {
  const id = await tool.start(url);
  const { shown, last } = await followUntil(id, () => tool.client.call('PUT', tool.path(`/builds/${id}/cancel`)));
  expect(last).toMatchObject({ type: 'end', status: 'BUILD_CANCELLED' });
  const { lines, end } = await stored(id);
  expect(lines).toEqual(shown);
  expect(end).toMatchObject({ status: 'BUILD_CANCELLED', log: 'complete' });
});

test('the archive of a build whose pod was evicted has every line that was sent live, and says what is missing', async () => {
  const id = await tool.start(url);
  const { shown } = await followUntil(id, () =>
    service.kubectl(['delete', 'pod', '-l', `tekton.dev/pipelineRun=${id}`, '--force', '--grace-period=0']),
  );
  const { lines, end } = await stored(id);
  expect(lines).toEqual(shown);
  // Tekton starts the steps of an evicted pod again in a new pod, or fails the run. The last lines of the old pod are
  // lost.
  expect(['BUILD_SUCCESS', 'BUILD_FAILURE']).toContain(end?.status);
  expect(['lost', 'truncated']).toContain(end?.log);
  expect(end?.reason).toMatch(/the pod was gone before its log was read to the end/);
});

test('the archive of a build that timed out has every line that was sent live', async () => {
  // The start time of this run is set to the past, so that Tekton ends the run for its timeout. The setting
  // BUILD_TIMEOUT would affect all builds.
  const id = await tool.start(url);
  const { shown } = await followUntil(id, () =>
    service.kubectl([
      'patch',
      'pipelinerun',
      id,
      '--subresource=status',
      '--type=merge',
      '-p',
      '{"status":{"startTime":"2020-01-01T00:00:00Z"}}',
    ]),
  );
  const { lines, end } = await stored(id);
  expect(lines).toEqual(shown);
  expect(end).toMatchObject({ status: 'BUILD_TIMEOUT', log: 'complete' });
});
