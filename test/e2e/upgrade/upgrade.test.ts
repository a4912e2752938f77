import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LogQuery } from '../../../cli/api.ts';
import { readLog } from '../../../cli/log-stream.ts';
import { example } from '../pipeline/git-pod.ts';
import { openService, type Service, slow, type Tool, until } from '../service/service.ts';
import { imageOf, rollBack, untilRolledOut, upgrade } from './release.ts';

const tools = 5;
/** Builds of a tool that run at once by the values for tests. */
const buildsOfTool = 2;
const followersOfBuild = 5;
/** Seconds for which a build prints a line each second: long enough for an upgrade and a rollback. */
const seconds = 300;

let service: Service;

beforeAll(async () => {
  service = await openService();
  // Ten builds fit on a node with two processors only if they reserve less than by default.
  const small = ['cpu=10m', 'memory=64Mi', 'ephemeral-storage=64Mi'];
  await upgrade(
    'builds-builder',
    small.map((quantity) => `resources.requests.${quantity}`),
  );
});
afterAll(async () => {
  await rollBack('builds-builder');
  await service.close();
});

type Running = { tool: Tool; id: string };
type Read = { lines: string[]; warnings: string[]; end: string };

/** Follows a log as the command line does. Warnings are what a person would see of a broken connection. */
const follow = async ({ tool, id }: Running): Promise<Read> => {
  const read: Read = { lines: [], warnings: [], end: '' };
  const openLog = (build: string, { follow: _, cursor }: LogQuery) => {
    const after = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
    return tool.client.open('GET', tool.path(`/builds/${build}/logs?format=ndjson&follow=true${after}`));
  };
  const options = {
    api: { openLog },
    base: new URL(service.gateway.url),
    sleep: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
    random: Math.random,
    onRetry: ({ message }: { message: string }) => void read.warnings.push(message),
  };
  for await (const event of readLog(options, id, { follow: true })) {
    if (event.type === 'line' && /^second \d+$/.test(event.line)) read.lines.push(event.line);
    if (event.type === 'end') read.end = `${event.status} ${event.log}`;
  }
  return read;
};

const startAll = async (url: string): Promise<Running[]> => {
  const running: Running[] = [];
  for (let at = 0; at < tools; at += 1) {
    const tool = await service.tool();
    for (let more = 0; more < buildsOfTool; more += 1) running.push({ tool, id: await tool.start(url) });
  }
  return running;
};

const printsLines = async ({ tool, id }: Running): Promise<boolean> => {
  for await (const { line } of tool.log(id, '?follow=false')) if (/second \d+$/.test(line)) return true;
  return false;
};

/** Starts builds of other tools while the service changes. Each start must be accepted at once. */
const startMeanwhile = async (url: string, change: () => Promise<void>): Promise<Running[]> => {
  const started: Running[] = [];
  let isChanging = true;
  const changing = change().finally(() => {
    isChanging = false;
  });
  while (isChanging) {
    const tool = await service.tool();
    started.push({ tool, id: await tool.start(url) });
    await Promise.race([changing, new Promise((done) => setTimeout(done, 10_000))]);
  }
  await changing;
  return started;
};

test('an upgrade and a rollback by helm lose no build, and no follower of a log notices them', async () => {
  const running = await startAll(await service.repository('slow', slow(seconds)));
  for (const build of running)
    await until(`the build ${build.id} prints lines`, () => printsLines(build).catch(() => false));
  const followers = running.flatMap((build) => Array.from({ length: followersOfBuild }, () => follow(build)));

  const quick = await service.repository('static', await example('static'));
  const { tag } = await imageOf('builds-api');
  const times: number[] = [];
  const timed = async (work: () => Promise<void>) => {
    const start = Date.now();
    await work();
    await untilRolledOut();
    times.push(Math.round((Date.now() - start) / 1000));
  };
  // Another tag for the same image gives all functions another revision, and the policies other settings.
  const next = `image.tag=upgrade@${tag.split('@')[1]}`;
  const started = [
    ...(await startMeanwhile(quick, () => timed(() => upgrade('builds-api', [next, 'config.debug=true'])))),
    ...(await startMeanwhile(quick, () => timed(() => rollBack('builds-api')))),
  ];
  const ended = await Promise.all([...running, ...started].map(({ tool, id }) => tool.finished(id)));
  expect(ended.map(({ status }) => status)).toEqual(ended.map(() => 'BUILD_SUCCESS'));

  const whole = Array.from({ length: seconds }, (_, at) => `second ${at + 1}`);
  for (const read of await Promise.all(followers))
    expect(read).toEqual({ lines: whole, warnings: [], end: 'BUILD_SUCCESS complete' });
  console.info(
    `${running.length} builds ran, ${followers.length} clients followed their logs, ${started.length} builds were started meanwhile; upgrade and rollback took ${times.join(' s and ')} s.`,
  );
});
