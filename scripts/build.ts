/**
 * Bundles the functions, the event functions and the archiver into dist/functions/, and the command line into
 * cli/dist/. Code behind a dynamic import becomes a chunk of its own, so a cold start does not load it.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundleCli } from '../cli/build.ts';
import { entryOf, type FunctionFolder, functionPrograms } from './bundle/entries.ts';
import { functionOptions } from './bundle/functions.ts';

const root = join(import.meta.dirname, '..');

const foldersIn = async (folder: FunctionFolder['folder']): Promise<FunctionFolder[]> =>
  (await readdir(join(root, folder), { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ folder, name }));

/** Code that several functions share becomes chunks in shared/, so one image holds all functions without copies. */
const bundleFunctions = async (folders: FunctionFolder[]) =>
  build({
    ...functionOptions,
    plugins: [functionPrograms(root), ...(functionOptions.plugins ?? [])],
    entryPoints: {
      ...Object.fromEntries(folders.map((folder) => [`${folder.name}/index`, entryOf(folder)])),
      'archive-logs/archiver': join(root, 'events/archive-logs/archiver.ts'),
    },
    outdir: join(root, 'dist/functions'),
    chunkNames: 'shared/[name]-[hash]',
    splitting: true,
  });

await rm(join(root, 'dist'), { recursive: true, force: true });
const folders = [...(await foldersIn('functions')), ...(await foldersIn('events'))];
await Promise.all([bundleFunctions(folders), bundleCli()]);
