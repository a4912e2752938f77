/**
 * Bundles every function, event function and the CLI on its own into dist/. Parts that are loaded on demand become
 * chunks beside the entry, so they cost nothing at a cold start.
 */
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** An ES module has no require, which some CommonJS dependencies call for Node's own modules. */
const requireBanner =
  "import{createRequire as createRequireOfBundle}from'node:module';const require=createRequireOfBundle(import.meta.url);";

const common: BuildOptions = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  minify: true,
  keepNames: true,
  sourcemap: false,
  legalComments: 'none',
  logLevel: 'warning',
};

const bundleFunction = (entry: string, name: string) =>
  build({
    ...common,
    target: 'node24',
    entryPoints: { index: join(root, entry) },
    outdir: join(root, 'dist/functions', name),
    outExtension: { '.js': '.mjs' },
    splitting: true,
    banner: { js: requireBanner },
  });

const bundleCli = () =>
  build({
    ...common,
    target: 'node20',
    entryPoints: { 'toolforge-build': join(root, 'cli/main.ts') },
    outdir: join(root, 'dist/cli'),
    splitting: true,
    banner: { js: `#!/usr/bin/env node\n${requireBanner}` },
  });

const foldersIn = async (folder: string): Promise<string[]> =>
  (await readdir(join(root, folder), { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${folder}/${name}`);

await rm(join(root, 'dist'), { recursive: true, force: true });
const folders = [...(await foldersIn('functions')), ...(await foldersIn('events'))];
await Promise.all([
  ...folders.map((folder) => bundleFunction(`${folder}/index.ts`, folder.split('/')[1] ?? '')),
  bundleCli(),
]);
