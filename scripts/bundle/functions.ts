import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';

/** Defines `require` in the bundle, since some CommonJS dependencies call it for Node's own modules. */
const requireBanner =
  "import{createRequire as createRequireOfBundle}from'node:module';const require=createRequireOfBundle(import.meta.url);";

/** Modules that npm packages import, each with the module that the bundle has instead. */
const replaced = {
  domain: join(import.meta.dirname, 'domain.ts'),
  'iconv-lite': join(import.meta.dirname, 'iconv-lite.ts'),
};

/**
 * An esbuild plugin that replaces imports of Node's own modules by process.getBuiltinModule. An `import` of node:http
 * makes Node evaluate every getter of the module, and one getter loads undici, which takes a third of a cold start.
 */
const builtinsAsObjects: Plugin = {
  name: 'builtins-as-objects',
  setup: ({ onResolve, onLoad }) => {
    // A dynamic import needs a module with named exports, so dynamic imports of Node's own modules are not replaced.
    onResolve({ filter: /.*/ }, ({ path, kind }) =>
      isBuiltin(path) && !(path in replaced) && kind !== 'dynamic-import' ? { path, namespace: 'builtin' } : undefined,
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

/** Options of esbuild for the bundle of a function. */
export const functionOptions: BuildOptions = {
  ...common,
  target: 'node24',
  plugins: [builtinsAsObjects],
  alias: replaced,
  outExtension: { '.js': '.mjs' },
  banner: { js: requireBanner },
};
