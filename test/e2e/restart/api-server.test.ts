import { exec } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isFinished } from '../disruptions/disruptions.ts';
import { openService, type Service, slow, type Tool, until } from '../service/service.ts';

let service: Service;
let tool: Tool;

beforeAll(async () => {
  service = await openService();
  tool = await service.tool();
});
afterAll(() => service.close());

/** Long enough for the API server to come back meanwhile. */
const seconds = 25;

/** A shell command that restarts the API server and returns when it answers again: how, is each cluster's own. */
const restart = process.env.TEST_RESTART_API_SERVER;

(restart ? test : test.skip)(
  'a restart of the API server breaks no build, and no log in the middle',
  async () => {
    const url = await service.repository('slow', slow(seconds));
    const id = await tool.start(url);
    const seen: string[] = [];
    let restarted: Promise<unknown> | undefined;
    for await (const { line, end } of tool.log(id)) {
      seen.push(line);
      if (line.endsWith('second 5')) restarted = promisify(exec)(restart ?? '');
      if (end) expect(end.status).toBe('BUILD_SUCCESS');
    }
    await restarted;
    const printed = seen.flatMap((line) => / second (\d+)$/.exec(line)?.[1] ?? []);
    expect(printed).toEqual(Array.from({ length: seconds }, (_, index) => `${index + 1}`));
    // Tekton's own webhook may be away for two minutes after this, and its controller then asks ever more seldom.
    await until('the log is archived', () => isFinished(service, tool, id), 420_000);
  },
  600_000,
);
