import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { services } from '../../../functions/table.ts';
import { entryOf, functionPrograms } from '../../../scripts/bundle/entries.ts';
import { functionOptions } from '../../../scripts/bundle/functions.ts';
import { startServer } from '../../support/server.ts';

const root = join(import.meta.dirname, '../../..');

test('the program of every function imports exports that exist', async () => {
  const result = await build({
    entryPoints: Object.fromEntries(Object.entries(services).map(([name, { kind }]) => [name, entryOf(kind, name)])),
    plugins: [functionPrograms(root)],
    packages: 'external',
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    logLevel: 'silent',
    outdir: join(root, 'dist'),
  });
  expect(result.warnings).toEqual([]);
  expect(result.outputFiles).toHaveLength(Object.keys(services).length);
});

/** Bundles a program as scripts/build.ts bundles functions, and runs it. @returns exit code and standard error */
const runBundled = async (program: string): Promise<{ code: number; stderr: string }> => {
  const outdir = await mkdtemp(join(tmpdir(), 'bundle-'));
  try {
    await build({
      ...functionOptions,
      stdin: { contents: program, resolveDir: root, loader: 'ts' },
      outdir,
      splitting: true,
      logLevel: 'silent',
    });
    const child = spawn(process.execPath, [join(outdir, 'stdin.mjs')], { stdio: ['ignore', 'ignore', 'pipe'] });
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    return { code: code as number, stderr };
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
};

test('a bundled function sends an event to the broker as a CloudEvent in binary mode', async () => {
  const received: [type: unknown, body: string][] = [];
  const broker = await startServer(async (req, res) => {
    received.push([req.headers['ce-type'], await text(req)]);
    res.writeHead(202).end();
  });
  try {
    const event = { id: '1', type: 'org.example.seen.v1', source: '/example', subject: 'b-1', data: { tool: 'mine' } };
    const result = await runBundled(`
      import { sendFromSettings } from './lib/events/send-event.ts';
      const send = sendFromSettings({ brokerUrl: ${JSON.stringify(broker.url)}, brokerToken: undefined });
      await send(${JSON.stringify(event)});
    `);
    expect(result).toEqual({ code: 0, stderr: '' });
    expect(received).toEqual([['org.example.seen.v1', '{"tool":"mine"}']]);
  } finally {
    await broker.close();
  }
});
