import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { example } from '../pipeline/git-pod.ts';
import { untilReleased } from './kept-runs.ts';
import { type LogLine, openService, podsOf, type Service, slow, type Tool, until } from './service.ts';

let service: Service;
let tool: Tool;

beforeAll(async () => {
  service = await openService();
  tool = await service.tool();
});
afterAll(() => service.close());

type Quota = { quota: { categories: { name: string; items: { name: string; used: string }[] }[] } };

const used = async (name: string): Promise<string | undefined> => {
  const { json } = await tool.client.call('GET', tool.path('/quotas'));
  const { categories } = (json as Quota).quota;
  return categories.find((category) => category.name === 'Builds')?.items.find((item) => item.name === name)?.used;
};

const collect = async (lines: AsyncGenerator<LogLine>): Promise<LogLine[]> => {
  const all: LogLine[] = [];
  for await (const line of lines) all.push(line);
  return all;
};

/**
 * Returns the log lines that steps wrote. Lines of the service are left out, as they depend on the time of a request.
 */
const written = (lines: LogLine[]): string[] => lines.map(({ line }) => line).filter((line) => /^\[step-/.test(line));

/** Returns the environment variables of the step build while a build runs. */
const variablesOf = async (id: string): Promise<string> => {
  const pod = await podsOf(service, id);
  return service.kubectl(['exec', pod.trim(), '--container', 'step-build', '--', 'env']);
};

test('a static site is built, and its log stays after its pod is gone', async () => {
  const url = await service.repository('static', await example('static'));
  const id = await tool.start(url);
  const live = await collect(tool.log(id));
  expect(written(live).join('\n')).toMatch(/\[step-clone\][\s\S]*\[step-detect\][\s\S]*\[step-build\]/);
  expect(live.at(-1)?.end).toEqual({ status: 'BUILD_SUCCESS', log: 'complete' });

  // A live reader may receive the end of a log before the ledger says that the log is complete.
  await until('the ledger has the state of the log', async () => (await tool.get(id)).log === 'complete');
  const build = await tool.finished(id);
  expect(build).toMatchObject({ status: 'BUILD_SUCCESS', message: 'The build succeeded.' });
  expect(build.destination_image).toMatch(/@sha256:[0-9a-f]{64}$/);

  await untilReleased(service, id);
  expect(written(await collect(tool.log(id)))).toEqual(written(live));
  expect(written(await collect(tool.log(id, '')))).toEqual(written(live));
});

test('a log is sent while the build runs, and the quota counts the build', async () => {
  const url = await service.repository('slow', slow(8));
  const id = await tool.start(url);
  expect(await used('Running')).toBe('1');
  for await (const { line, end } of tool.log(id)) {
    if (!line.endsWith('second 1')) continue;
    expect(end).toBeUndefined();
    expect((await tool.get(id)).status).toBe('BUILD_RUNNING');
    expect(await variablesOf(id)).not.toMatch(/^(?!KUBERNETES_)\w+_SERVICE_HOST=/m);
    break;
  }
  expect(await tool.finished(id)).toMatchObject({ status: 'BUILD_SUCCESS' });
  await until('the log is archived', async () => (await tool.get(id)).log === 'complete');
  const lines = written(await collect(tool.log(id, ''))).filter((line) => / second [0-9]+$/.test(line));
  expect(lines).toHaveLength(8);
  expect(await used('Running')).toBe('0');
});

test('a log resumes after any cursor', async () => {
  const { json } = await tool.client.call('GET', tool.path('/builds/latest'));
  const id = (json.build as { build_id: string }).build_id;
  const all = await collect(tool.log(id, ''));
  const middle = all[Math.floor(all.length / 2)];
  const rest = await collect(tool.log(id, `?cursor=${encodeURIComponent(middle?.cursor ?? '')}`));
  expect(rest.map(({ line }) => line)).toEqual(all.slice(all.indexOf(middle as LogLine) + 1).map(({ line }) => line));
});

test('a deleted build and its log get 404', async () => {
  const url = await service.repository('static', { 'public/new.html': 'new' });
  const id = await tool.start(url);
  await tool.finished(id);
  expect((await tool.client.call('DELETE', tool.path(`/builds/${id}`))).status).toBe(200);
  expect((await tool.client.call('GET', tool.path(`/builds/${id}`))).status).toBe(404);
  expect((await tool.client.call('GET', tool.path(`/builds/${id}/logs`))).status).toBe(404);
});
