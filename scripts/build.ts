/**
 * Bundles the functions and event functions into dist/functions/ and the CLI into dist/cli/. Parts that are loaded on
 * demand become chunks, so they cost nothing at a cold start.
 */
import { readdir, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** An ES module has no require, which some CommonJS dependencies call for Node's own modules. */
const requireBanner =
  "import{createRequire as createRequireOfBundle}from'node:module';const require=createRequireOfBundle(import.meta.url);";

/**
 * An `import` of node:http makes Node evaluate every getter of the module, the one that loads undici included: a third
 * of a cold start. Asked for as an object, it costs what is used.
 */
const builtinsAsObjects: Plugin = {
  name: 'builtins-as-objects',
  setup: ({ onResolve, onLoad }) => {
    // A dynamic import wants a module with named exports, which an object is not.
    onResolve({ filter: /.*/ }, ({ path, kind }) =>
      isBuiltin(path) && kind !== 'dynamic-import' ? { path, namespace: 'builtin' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

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

/** What each folder starts with: its index, and for index-logs what its Job runs. */
const entriesOf = async (folder: string): Promise<[string, string][]> => {
  const files = (await readdir(join(root, folder))).filter((file) => ['index.ts', 'follow.ts'].includes(file));
  return files.map((file) => [join(basename(folder), file.replace('.ts', '')), join(root, folder, file)]);
};

/** What several functions share becomes chunks, so that one image holds all of them in little more than one's space. */
const bundleFunctions = async (folders: string[]) =>
  build({
    ...common,
    target: 'node24',
    plugins: [builtinsAsObjects],
    alias: { 'iconv-lite': join(root, 'scripts/bundle/iconv-lite.ts') },
    entryPoints: Object.fromEntries((await Promise.all(folders.map(entriesOf))).flat()),
    outdir: join(root, 'dist/functions'),
    outExtension: { '.js': '.mjs' },
    chunkNames: 'shared/[name]-[hash]',
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
await Promise.all([bundleFunctions(folders), bundleCli()]);
