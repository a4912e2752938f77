import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import vue from '@vitejs/plugin-vue';
import { build } from 'vite';

const folder = import.meta.dirname;

/** Files that are worth compressing. index.html is small, and the server changes it, so it is sent as it is. */
const compressible = /\.(?:css|js|json|svg)$/;

const compressFile = async (path: string): Promise<void> => {
  const content = await readFile(path);
  const quality = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  const [brotli, gzipped] = await Promise.all([
    promisify(brotliCompress)(content, { params: quality }),
    promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION }),
  ]);
  await writeFile(`${path}.br`, brotli);
  await writeFile(`${path}.gz`, gzipped);
};

const compress = async (outFolder: string): Promise<void> => {
  const entries = await readdir(outFolder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && compressible.test(entry.name));
  await Promise.all(files.map(({ parentPath, name }) => compressFile(join(parentPath, name))));
};

/**
 * Builds the page to a folder: index.html, and assets whose names hold a hash of their content, each also compressed with
 * brotli and gzip. Addresses in index.html begin with `./`, and lib/page puts the page's own path there.
 * @param outFolder absolute path of the folder, which is emptied first
 */
export const buildPage = async (outFolder: string): Promise<void> => {
  await build({
    root: folder,
    base: './',
    configFile: false,
    envDir: false,
    logLevel: 'warn',
    plugins: [vue()],
    define: { __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false' },
    build: {
      outDir: outFolder,
      emptyOutDir: true,
      // Security: the Content-Security-Policy allows no data: addresses of scripts and no inline script.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      // Codex is one file of many components. Without this line, each of them counts as used.
      rolldownOptions: { treeshake: { manualPureFunctions: ['defineComponent'] } },
    },
  });
  await compress(outFolder);
};
