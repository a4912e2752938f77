/**
 * Bundles the command-line client `toolforge-build` into cli/dist: `node cli/build.ts`. This script needs Node 24; the
 * bundle runs on Node 20 and later.
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { banner } from './banner.ts';

const root = join(import.meta.dirname, '..');
const dist = join(import.meta.dirname, 'dist');

/** Returns the folders of the npm packages whose code esbuild put into a bundle. */
const packagesIn = ({ inputs }: Metafile): string[] => {
  const folders = Object.keys(inputs).flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
  return [...new Set(folders)].sort();
};

const licenseOf = async (folder: string): Promise<string> => {
  const name = (await readdir(folder)).find((file) => /^licen[cs]e/i.test(file));
  if (!name) throw new Error(`${folder} has no license file, so it can't be bundled`);
  return `${folder.replace(/^.*node_modules\//, '')}\n\n${await readFile(join(folder, name), 'utf8')}`;
};

/**
 * Bundles `toolforge-build` with the npm packages that it uses, so that the published package has no dependencies. Code
 * behind a dynamic import gets a file of its own, so that a command loads only the code that it runs. The file
 * LICENSES.txt gets the licenses of the bundled packages.
 */
export const bundleCli = async (): Promise<void> => {
  await rm(dist, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    metafile: true,
    entryPoints: { 'toolforge-build': join(import.meta.dirname, 'main.ts') },
    outdir: dist,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minify: true,
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
    banner: { js: banner },
  });
  const licenses = await Promise.all(packagesIn(metafile).map((folder) => licenseOf(join(root, folder))));
  await writeFile(join(dist, 'LICENSES.txt'), licenses.join('\n\n'));
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await bundleCli();
