/**
 * Bundles the functions, the event functions, the archiver and the counter of requests into dist/functions/, the page into
 * dist/functions/web/page/, and the command line into cli/dist/. Code behind a dynamic import becomes a chunk of its own, so a cold start does not load it.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundleCli } from '../cli/build.ts';
import { jobs, programs, services } from '../functions/table.ts';
import { buildPage } from '../web/build.ts';
import { entryOf, functionPrograms } from './bundle/entries.ts';
import { functionOptions } from './bundle/functions.ts';

const root = join(import.meta.dirname, '..');

const functionEntries = Object.entries(services).map(([name, { kind }]) => [`${name}/index`, entryOf(kind, name)]);
const jobEntries = Object.values(jobs).map(({ program, source }) => [program, join(root, source)]);
const programEntries = Object.entries(programs).map(([program, source]) => [program, join(root, source)]);

/** Bundles all functions. Code that several functions share becomes chunks in shared/, so the image holds no copies. */
const bundleFunctions = () =>
  build({
    ...functionOptions,
    plugins: [functionPrograms(root), ...(functionOptions.plugins ?? [])],
    entryPoints: Object.fromEntries([...functionEntries, ...jobEntries, ...programEntries]),
    outdir: join(root, 'dist/functions'),
    chunkNames: 'shared/[name]-[hash]',
    splitting: true,
  });

await rm(join(root, 'dist'), { recursive: true, force: true });
await Promise.all([bundleFunctions(), bundleCli(), buildPage(join(root, 'dist/functions/web/page'))]);
