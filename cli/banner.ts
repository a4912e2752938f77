/**
 * First lines of each file of the bundle. Packages in the format CommonJS call `require` for modules of Node, which
 * does not exist in a file in the format of ECMAScript.
 */
export const banner =
  "#!/usr/bin/env node\nimport{createRequire as createRequireOfBundle}from'node:module';const require=createRequireOfBundle(import.meta.url);";
