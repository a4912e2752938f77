import type { Plugin } from 'esbuild';
import type { ServiceRow } from '../../functions/row.ts';

type Kind = ServiceRow['kind'];

/** Import statements in the program of a function: each kind of function is served by an app of its own. */
const appImports = {
  endpoint: "import { apiApp as app } from './lib/http/app.ts';",
  event: "import { eventApp as app } from './lib/events/app.ts';",
  page: "import { pageApp as app } from './lib/page/app.ts';",
};
const folders = { endpoint: 'functions', event: 'events', page: 'functions' };

/**
 * Returns the source code of a function's program, which serves the dependencies that the function's wire.ts makes.
 * Each function has a program of its own, so that its bundle imports the code of no other function.
 */
const program = (kind: Kind, name: string): string =>
  [
    "import { serve } from './lib/http/serve.ts';",
    appImports[kind],
    `import { settingNames, wire } from './${folders[kind]}/${name}/wire.ts';`,
    `await serve('${name}', { settingNames, wire }, app);`,
  ].join('\n');

/**
 * Returns the entry point of a function for esbuild, such as `endpoint:quota`. The plugin functionPrograms loads it.
 */
export const entryOf = (kind: Kind, name: string): string => `${kind}:${name}`;

/** Returns an esbuild plugin that loads entry points such as `endpoint:quota`. @param root the project's folder */
export const functionPrograms = (root: string): Plugin => ({
  name: 'function-programs',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^(endpoint|event|page):/ }, ({ path }) => ({ path, namespace: 'program' }));
    onLoad({ filter: /.*/, namespace: 'program' }, ({ path }) => {
      const [kind, name = ''] = path.split(':');
      return { contents: program(kind as Kind, name), loader: 'ts', resolveDir: root };
    });
  },
});
