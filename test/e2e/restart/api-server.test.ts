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

/** Duration of the build in seconds. The API server restarts meanwhile. */
const seconds = 25;

/** A shell command that restarts the API server and returns once the API server responds. It depends on the cluster. */
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
    // Tekton's webhook may be away for two minutes after the restart, and Tekton's controller retries ever more rarely.
    await until('the log is archived', () => isFinished(service, tool, id), 420_000);
  },
  600_000,
);
