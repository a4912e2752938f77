import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Caller, forTool } from './client.ts';
import { buildTimeoutMs, onCluster, startTarget } from './start-target.ts';
import type { Target } from './target.ts';

const targets: Target[] = [];

afterEach(async () => {
  for (const target of targets.splice(0)) await target.close();
}, buildTimeoutMs);

/**
 * Reads a stream of the API until the text `wanted` has arrived. Returns a function that reads the rest of the stream
 * and returns the whole text.
 */
const readUntil = async (mine: Caller, path: string, wanted: string): Promise<() => Promise<string>> => {
  const response = await fetch(`${mine.base}${path}`, { headers: { authorization: `Bearer ${mine.token}` } });
  if (!response.ok) throw new Error(`GET ${path} got ${response.status}: ${await response.text()}`);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = '';
  const more = async (): Promise<boolean> => {
    const { done, value } = await reader.read();
    text += value ? Buffer.from(value).toString() : '';
    return !done;
  };
  while (!text.includes(wanted) && (await more()));
  return async () => {
    while (await more());
    return text;
  };
};

/** The tests of a shutdown stop the embedded platform, so they can't run on a cluster. */
const describeEmbedded = onCluster ? describe.skip : describe;

describeEmbedded('a platform that is stopped', () => {
  test(
    'sends every live reader of a log a cursor to continue from',
    async () => {
      const target = await startTarget();
      targets.push(target);
      const mine = await forTool(target, 'stopped');
      const source_url = await target.repository('stopped', {
        'package.json': JSON.stringify({ scripts: { build: 'echo begun; sleep 120', start: 'node x' } }),
      });
      const { name } = await mine.start({ source_url });
      const rests = await Promise.all(
        ['text', 'ndjson', 'sse'].map((format) =>
          readUntil(mine, `/builds/${name}/logs?follow=true&format=${format}`, 'begun'),
        ),
      );
      await target.platform?.close();
      const [text = '', ndjson = '', sse = ''] = await Promise.all(rests.map((rest) => rest()));
      const last = (all: string) => JSON.parse(all.trim().split('\n').at(-1) ?? '');
      expect(last(text)).toMatchObject({ cursor: expect.any(String) });
      expect(last(ndjson)).toMatchObject({ type: 'note', cursor: expect.any(String) });
      expect(sse).toMatch(/\nretry: \d+\nid: \S+\nevent: note\ndata: \{[^\n]*"hand_over":true\}\n\n$/);
    },
    buildTimeoutMs,
  );

  test(
    'releases its folder, which only one platform can use at a time',
    async () => {
      const target = await startTarget();
      targets.push(target);
      const { startPlatform } = await import('../../local/platform.ts');
      const folder = join(target.platform?.environment.LOG_FOLDER ?? '', '..');
      const again = () => startPlatform({ folder, port: 0, gatewayPort: 0, log: () => undefined });
      await expect(again()).rejects.toThrow(/is in use by the platform with process id \d+/);
      await target.platform?.close();
      const results = await Promise.allSettled([again(), again()]);
      const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      await Promise.all(started.map((platform) => platform.close()));
      expect(started).toHaveLength(1);
    },
    buildTimeoutMs,
  );
});
