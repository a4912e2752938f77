import { join } from 'node:path';
import type { Plugin } from 'esbuild';

/** A function folder: `functions/NAME` serves endpoints of the contract, `events/NAME` takes events. */
export type FunctionFolder = { folder: 'functions' | 'events'; name: string };

const apps = { functions: 'lib/http/app.ts', events: 'lib/events/app.ts' };

/**
 * The program of one function: serves what its wire.ts makes. Written by the bundler rather than by hand, so that each
 * bundle imports the code of its own function only.
 */
const program = ({ folder, name }: FunctionFolder): string =>
  [
    "import { serve } from './lib/http/serve.ts';",
    `import { app } from './${apps[folder]}';`,
    `import { settingNames, wire } from './${folder}/${name}/wire.ts';`,
    `await serve('${name}', { settingNames, wire }, app);`,
  ].join('\n');

const namespace = 'function';

/** An entry point for esbuild, which `functionPrograms` resolves. */
export const entryOf = ({ folder, name }: FunctionFolder): string => `${namespace}:${folder}/${name}`;

const folderOf = (path: string): FunctionFolder => {
  const [folder, name = ''] = path.split('/');
  return { folder: folder === 'events' ? 'events' : 'functions', name };
};

/** Lets esbuild bundle entry points such as `function:functions/quota`. @param root the project's folder */
export const functionPrograms = (root: string): Plugin => ({
  name: 'function-programs',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^function:/ }, ({ path }) => ({ path: path.slice(namespace.length + 1), namespace }));
    onLoad({ filter: /.*/, namespace }, ({ path }) => ({
      contents: program(folderOf(path)),
      loader: 'ts',
      resolveDir: join(root),
    }));
  },
});
