import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';

/** An ES module has no require, which some CommonJS dependencies call for Node's own modules. */
export const requireBanner =
  "import{createRequire as createRequireOfBundle}from'node:module';const require=createRequireOfBundle(import.meta.url);";

/** What a dependency asks for, and what it gets instead. */
const replaced = {
  domain: join(import.meta.dirname, 'domain.ts'),
  'iconv-lite': join(import.meta.dirname, 'iconv-lite.ts'),
};

/**
 * An `import` of node:http makes Node evaluate every getter of the module, the one that loads undici included: a third
 * of a cold start. Asked for as an object, it costs what is used.
 */
const builtinsAsObjects: Plugin = {
  name: 'builtins-as-objects',
  setup: ({ onResolve, onLoad }) => {
    // A dynamic import wants a module with named exports, which an object is not.
    onResolve({ filter: /.*/ }, ({ path, kind }) =>
      isBuiltin(path) && !(path in replaced) && kind !== 'dynamic-import' ? { path, namespace: 'builtin' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

export const common: BuildOptions = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  minify: true,
  keepNames: true,
  sourcemap: false,
  legalComments: 'none',
  logLevel: 'warning',
};

/** How a function is bundled. */
export const functionOptions: BuildOptions = {
  ...common,
  target: 'node24',
  plugins: [builtinsAsObjects],
  alias: replaced,
  outExtension: { '.js': '.mjs' },
  banner: { js: requireBanner },
};
