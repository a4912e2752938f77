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

/** Duration in seconds of the build during which the API server restarts. */
const seconds = 25;

/**
 * A shell command that restarts the cluster's API server, and returns once the API server responds. The test is skipped
 * where TEST_RESTART_API_SERVER is not set.
 */
const restart = process.env.TEST_RESTART_API_SERVER;

(restart ? test : test.skip)(
  'a restart of the API server breaks no build and no log',
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
    // Seven minutes are needed, because Tekton's webhook may not respond for two minutes after a restart of the API
    // server, and Tekton's controller waits longer before each retry.
    await until('the log is archived', () => isFinished(service, tool, id), 420_000);
  },
  600_000,
);
