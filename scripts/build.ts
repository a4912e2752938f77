/**
 * Bundles the functions and event functions into dist/functions/ and the command line into cli/dist/. Code behind a
 * dynamic import becomes a chunk of its own, so a cold start does not load it.
 */
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleCli } from '../cli/build.ts';
import { functionOptions } from './bundle/functions.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** What each folder starts with: its index, and for archive-logs what its Job runs. */
const entriesOf = async (folder: string): Promise<[string, string][]> => {
  const files = (await readdir(join(root, folder))).filter((file) => ['index.ts', 'archiver.ts'].includes(file));
  return files.map((file) => [join(basename(folder), file.replace('.ts', '')), join(root, folder, file)]);
};

/** What several functions share becomes chunks, so that one image holds all of them in little more than one's space. */
const bundleFunctions = async (folders: string[]) =>
  build({
    ...functionOptions,
    entryPoints: Object.fromEntries((await Promise.all(folders.map(entriesOf))).flat()),
    outdir: join(root, 'dist/functions'),
    chunkNames: 'shared/[name]-[hash]',
    splitting: true,
  });

const foldersIn = async (folder: string): Promise<string[]> =>
  (await readdir(join(root, folder), { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${folder}/${name}`);

await rm(join(root, 'dist'), { recursive: true, force: true });
const folders = [...(await foldersIn('functions')), ...(await foldersIn('events'))];
await Promise.all([bundleFunctions(folders), bundleCli()]);
