import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Caller, expectCleanLog, expectCode, expectShape, expectStatus, forTool } from './client.ts';
import { buildTimeoutMs, startTarget } from './start-target.ts';
import type { Target } from './target.ts';

let target: Target;
let mine: Caller;

beforeAll(async () => {
  target = await startTarget();
  mine = await forTool(target, 'failures');
}, buildTimeoutMs);

afterAll(async () => {
  expectCleanLog(target);
  await target.close();
}, buildTimeoutMs);

const built = (build: string) => ({
  'package.json': JSON.stringify({ name: 'x', scripts: { build: 'sh ./build.sh', start: 'node server.js' } }),
  'build.sh': build,
});

const buildOf = async (name: string, files: Record<string, string>, more: Record<string, unknown> = {}) => {
  const { name: id } = await mine.start({ source_url: await target.repository(name, files), ...more });
  return mine.finished(id);
};

describe('the message of a failed build says why:', () => {
  test('no buildpack recognises the repository', async () => {
    const build = await buildOf('nothing', { 'README.md': 'x' });
    expectShape(build, 'Build');
    expect(build.status).toBe('BUILD_FAILURE');
    expect(build.message).toMatch(/^Step detect failed with exit code 20: no buildpack recognises this repository/);
    expect(build.message).toMatch(/package.json/);
  });

  test('the build script fails', async () => {
    const secret = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789';
    const breaking = `echo "no such thing" >&2; echo ${secret}; printf '\\033]52;c;eA==\\007\\033[2J\\n'; exit 7\n`;
    const build = await buildOf('breaks', built(breaking));
    expect(build.status).toBe('BUILD_FAILURE');
    expect(build.message).toMatch(/^Step build failed with exit code 51/);
    expect(build.message).toContain('The script build of package.json failed');
    expect(build.message).toContain('no such thing');
    expect(build.message).toContain('[masked]');
    for (const hidden of [secret, '\u001b', '\u0007']) expect(build.message).not.toContain(hidden);
    expect(build.end_time).toMatch(/^\d{4}-.*Z$/);
  });

  test('the Procfile is not valid', async () => {
    const build = await buildOf('procfile-nonsense', { Procfile: '\u0000\u0001 $(id) `id`\n:::\n' });
    expect(build.status).toBe('BUILD_FAILURE');
    expect(build.message).toMatch(/^Step (detect|build) failed with exit code \d+/);
  });

  test('the commit no longer exists when it is fetched', async () => {
    const source_url = await target.repository('gone', built('true'));
    const git = (...words: string[]) => target.git('gone', ...words);
    const blocker = await target.repository('blocker', built('sleep 60'));
    const blockers = await Promise.all([1, 2, 3, 4].map(() => mine.start({ source_url: blocker })));
    const { name, queue_position } = await mine.start({ source_url });
    expect(queue_position).toBe(1);
    await git('update-ref', '-d', 'refs/heads/main');
    await git('reflog', 'expire', '--expire=now', '--all');
    await git('gc', '--quiet', '--prune=now');
    await Promise.all(blockers.map((blocked) => mine.cancel(blocked.name)));
    const build = await mine.finished(name);
    expect(build.status).toBe('BUILD_FAILURE');
    expect(build.message).toMatch(/^Step clone failed with exit code 128: the source could not be fetched/);
  });
});

describe('the log of a build that prints odd characters', () => {
  const odd = [
    "printf 'next\\302\\205line\\n'",
    "printf 'separator\\342\\200\\250line\\n'",
    "printf 'paragraph\\342\\200\\251line\\n'",
    "printf 'carriage\\rreturn\\n'",
    "printf '\\033[31mred\\033[0m \\033]0;title\\007\\n'",
    "printf 'binary \\377\\376\\000\\001 end\\n'",
    'printf \'"quoted" \\\\ {"line":"forged"}\\n\'',
    "printf '\\n\\n'",
    'echo "token ghp_abcdefghijklmnopqrstuvwxyz0123456789"',
    "printf 'no line feed'",
  ].join('\n');
  let id: string;

  beforeAll(async () => {
    const build = await buildOf('odd', built(odd));
    id = build.build_id;
    expect(build.status).toBe('BUILD_SUCCESS');
  }, buildTimeoutMs);

  test.each(['text', 'ndjson'])('has no line ends inside a line in the format %s', async (format) => {
    const { text } = expectStatus(await mine.call(`/builds/${id}/logs?format=${format}`), 200);
    // Python's `splitlines`, with which Toolforge's CLI splits a log, ends lines at control characters too. A log must
    // not contain them inside of a line.
    for (const cut of '\r\v\f\u001c\u001d\u001e\u0085\u2028\u2029') expect(text).not.toContain(cut);
    const lines = text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    const all = lines.map(({ line }) => line).join('\n');
    for (const part of ['next\\x85line', 'separator\u2028line', 'paragraph\u2029line', 'no line feed', '"quoted" \\ {'])
      expect(all).toContain(part);
    expect(all).not.toContain('ghp_abcdefghijklmnopqrstuvwxyz0123456789');
    if (format === 'text') expect(lines.every(({ line }) => typeof line === 'string')).toBe(true);
  });

  test('is a valid event stream in the format sse', async () => {
    const { text, headers } = expectStatus(await mine.call(`/builds/${id}/logs?format=sse`), 200);
    expect(headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(text).not.toMatch(/\r/);
    for (const line of text.split('\n')) expect(line).toMatch(/^(|:.*|(data|id|event|retry): ?.*)$/);
  });

  test('continues after the line of a cursor without a gap or a repeated line', async () => {
    const linesFrom = async (query: string) =>
      expectStatus(await mine.call(`/builds/${id}/logs?format=ndjson${query}`), 200)
        .text.split('\n')
        .filter(Boolean);
    const whole = await linesFrom('');
    const at = whole.findIndex((line) => line.includes('separator'));
    const { cursor } = JSON.parse(whole[at] ?? '{}');
    expect(await linesFrom(`&cursor=${encodeURIComponent(cursor)}`)).toEqual(whole.slice(at + 1));
  });

  test.each(['x', 'AAAA.build.1.0.0', '%00', '../..', '0'.repeat(200)])(
    'is refused for the cursor %s',
    async (cursor) => {
      expectCode(await mine.call(`/builds/${id}/logs?cursor=${cursor}`), 400, 'cursor_invalid');
    },
  );

  test('is refused for a step whose log is not shown', async () => {
    expectCode(await mine.call(`/builds/${id}/logs?step=export`), 400, 'parameter_invalid');
  });

  test('is sent to a live reader to its end, also when another reader goes away and HEAD reads nothing', async () => {
    const head = await mine.call(`/builds/${id}/logs?follow=true`, { method: 'HEAD' });
    expect(expectStatus(head, 200).text).toBe('');
    const source_url = await target.repository(
      'left',
      built('i=0; while [ $i -lt 30 ]; do echo $i; i=$((i+1)); sleep 0.1; done'),
    );
    const { name } = await mine.start({ source_url });
    expectStatus(await mine.call(`/builds/${name}/logs`), 200);
    const leaving = request(`${mine.base}/builds/${name}/logs?follow=true`, {
      headers: { authorization: `Bearer ${mine.token}` },
    });
    leaving.end();
    const [response] = await once(leaving, 'response');
    expect(response.statusCode).toBe(200);
    response.on('error', () => undefined);
    const staying = mine.follow(name);
    leaving.on('error', () => undefined).destroy();
    expect((await staying).at(-1)).toMatchObject({ type: 'end', status: 'BUILD_SUCCESS', log: 'complete' });
  });
});
