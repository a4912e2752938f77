import { createInterface } from 'node:readline';
import { Transform } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Files } from '../pipeline/git-pod.ts';
import type { Tool } from '../service/service.ts';

/** Returns line number `at` of the build's output. With its line feed, each line has 100 bytes. */
export const printedLine = (at: number): string => `${String(at).padStart(8, '0')} ${'x'.repeat(90)}`;

const program = `
const line = (at) => String(at).padStart(8, '0') + ' ' + 'x'.repeat(90) + '\\n';
const [count, seconds] = process.argv.slice(2).map(Number);
let at = 0;
const more = () => {
  for (; at < count; ) {
    let part = '';
    for (const end = Math.min(count, at + 1000); at < end; at += 1) part += line(at);
    if (!process.stdout.write(part)) return process.stdout.once('drain', more);
  }
  setTimeout(() => {}, seconds * 1000);
};
more();
`;

/** Returns files of a repository whose build prints `count` lines of 100 bytes at full speed, then waits `seconds`. */
export const printing = (count: number, seconds: number): Files => ({
  'package.json': JSON.stringify({
    name: 'printing',
    version: '1.0.0',
    scripts: { build: `node print.js ${count} ${seconds}`, start: 'node server.js' },
  }),
  'print.js': program,
  'server.js': "require('node:http').createServer((_, res) => res.end('ok')).listen(process.env.PORT || 8000);\n",
});

/** An event of a log in the format ndjson. */
export type Event = {
  type: string;
  step?: string;
  line?: string;
  note?: string;
  cursor?: string;
  status?: string;
  log?: string;
  reason?: string;
};

export const isPrinted = ({ type, step, line = '' }: Event): boolean =>
  type === 'line' && step === 'build' && /^\d{8} x{90}$/.test(line);

const cutAfter = (bytes: number): Transform => {
  let left = bytes;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const part = chunk.subarray(0, left);
      left -= part.length;
      if (left > 0) done(null, part);
      else {
        this.push(part);
        this.push(null);
        done();
      }
    },
  });
};

/**
 * Yields the events of a log. The connection is closed after `bytes` bytes of the response, and an incomplete event is
 * dropped. Default: the whole response.
 */
export async function* eventsOf(tool: Tool, id: string, query: string, bytes = Number.POSITIVE_INFINITY) {
  const path = tool.path(`/builds/${id}/logs?format=ndjson${query}`);
  const response = await tool.client.open('GET', path);
  if (response.statusCode !== 200)
    throw new Error(`GET ${path}: status ${response.statusCode}: ${await text(response)}`);
  const cut = response.pipe(cutAfter(bytes));
  // The response is closed once `bytes` bytes have arrived. Otherwise the pipe would stay open for the rest of the log,
  // which nobody reads.
  cut.once('end', () => response.destroy());
  try {
    for await (const line of createInterface({ input: cut, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (!line.endsWith('}')) continue;
      yield JSON.parse(line) as Event;
    }
  } finally {
    response.destroy();
  }
}
