import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Caller, eventually, expectCleanLog, expectStatus, forTool } from './client.ts';
import { buildTimeoutMs, startTarget } from './start-target.ts';
import type { Target } from './target.ts';

let target: Target;
let mine: Caller;

beforeAll(async () => {
  target = await startTarget();
  mine = await forTool(target, 'masking');
}, buildTimeoutMs);

afterAll(async () => {
  expectCleanLog(target);
  await target.close();
}, buildTimeoutMs);

const body = 'MIIEpQIBAAKCAQEAx7Zq9TvYhR2dKfWmLs3BnGcUoJpXeHt5yQa1ViDb8NrEkZ4w';
/** A narrow line of a key looks like any other word. Only the mask's state tells that the line is a part of a key. */
const narrow = body.match(/.{8}/g) ?? [];
const token = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789';

/** Prints a key slowly in colour, then fails after a long line that is not ASCII and ends with a token. */
const script = [
  'for i in $(seq 80); do echo "line $i of the build"; done',
  'echo "-----BEGIN RSA PRIVATE KEY-----"',
  ...Array.from({ length: 3 }, () =>
    narrow.map((part) => `printf '\\033[32m%s\\033[0m" +\\n' '"${part}'; sleep 0.4`).join('\n'),
  ),
  'echo "-----END RSA PRIVATE KEY-----"',
  `printf 'строка%.0s ' $(seq 60); echo ${token}`,
  'for i in $(seq 12); do echo "Ошибка номер $i: не удалось собрать"; done',
  'exit 7',
].join('\n');

type Line = { type: string; line?: string; cursor?: string };

const read = async (id: string, query = ''): Promise<Line[]> =>
  expectStatus(await mine.call(`/builds/${id}/logs?format=ndjson&step=build${query}`), 200)
    .text.split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

const linesOf = (events: readonly Line[]): Line[] => events.filter(({ type }) => type === 'line');

const expectHidden = (text: string): void => {
  for (const part of [...narrow, token.slice(-12)]) expect(text).not.toContain(part);
};

/** Reads a running build's log until lines of the key are shown, masked. */
const untilMasked = (id: string): Promise<Line[]> =>
  eventually(async () => {
    const lines = linesOf(await read(id));
    return lines.filter(({ line }) => line?.includes('[masked]')).length > 5 && lines;
  });

test(
  'a private key and a token stay masked for any cursor of a running build, in its archive and in its message',
  async () => {
    const files = {
      'package.json': JSON.stringify({ name: 'x', scripts: { build: 'bash ./build.sh', start: 'node server.js' } }),
      'build.sh': script,
    };
    const { name: id } = await mine.start({ source_url: await target.repository('masking', files) });
    const live = await untilMasked(id);
    const shown = live.findLastIndex(({ line }) => line?.startsWith('line 80'));
    for (const { cursor = '' } of live.slice(shown + 1)) {
      const parts = cursor.split('.');
      const shifted = [...parts.slice(0, 4), '5'].join('.');
      for (const made of [cursor, `${parts.slice(0, 5).join('.')}.0.0`, shifted])
        expectHidden(JSON.stringify(await read(id, `&cursor=${made}`)));
    }
    for (const tail of [1, 3, 30]) expectHidden(JSON.stringify(await read(id, `&tail=${tail}`)));
    const { message, status } = await mine.finished(id);
    expect(status).toBe('BUILD_FAILURE');
    expect(message).toMatch(/Ошибка номер 12: не удалось собрать/);
    expectHidden(message);
    const whole = linesOf(await read(id));
    expectHidden(JSON.stringify(whole));
    expect(whole.filter(({ line }) => line?.includes('[masked]')).length).toBe(narrow.length * 3 + 3);
    const middle = whole[shown + 9];
    expect(linesOf(await read(id, `&cursor=${middle?.cursor}`))).toEqual(whole.slice(shown + 10));
  },
  buildTimeoutMs,
);
