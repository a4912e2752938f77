import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { build } from 'esbuild';
import { functionOptions } from '../../../../scripts/bundle/functions.ts';

export type FunctionProcess = {
  child: ChildProcessByStdio<null, Readable, Readable>;
  url: string;
  /** Returns what the process has written to its standard output and standard error. */
  output: () => string;
};

export type Bundle = { start(): Promise<FunctionProcess>; remove(): Promise<void> };

const start = async (program: string): Promise<FunctionProcess> => {
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env.PATH ?? '', PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const port = await new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const [, found] = /"port":(\d+)/.exec(output) ?? [];
        if (found) resolve(found);
      });
  });
  return { child, url: `http://127.0.0.1:${port}`, output: () => output };
};

/**
 * Bundles a function of this folder like the functions of an image, since the bundler replaces parts of
 * functions-framework.
 * @param name of the function's file, without its extension
 */
export const bundleFunction = async (name: string): Promise<Bundle> => {
  const folder = await mkdtemp(join(tmpdir(), 'function-'));
  await build({
    ...functionOptions,
    entryPoints: { [name]: join(import.meta.dirname, `${name}.ts`) },
    outdir: folder,
  });
  return {
    start: () => start(join(folder, `${name}.mjs`)),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
};
