/**
 * The rules of imports between folders, as data. `npm run check:imports` applies the rules, and CI runs it.
 *
 *     functions, events → lib → openapi/generated
 *     embedded → types of lib      local → everything      cli → leaf files of lib, openapi/generated
 *     web → addresses of lib/page, openapi/generated
 */

const project = '^(bench|cli|embedded|events|functions|knative|lib|local|openapi|scripts|test|web)/';

/** Files of lib that depend on nothing else of the project, so that the CLI may bundle them too. */
const leaves =
  '^lib/(abort|basic-credentials|bounded-body|certificate-problem|concurrency|kube/kubeconfig-file|lock-file|logs/masking/colour|json-values|object-name|process-identity|proxy/(choose|errors|no-proxy|requests|tunnel)|retry|single-flight)\\.ts$';

/** Files below `from` import from the project only what lies in `from` itself or in `allowed`. */
const onlyImports = (from, allowed, comment, to = {}) => ({
  name: `${from}-imports`,
  comment,
  severity: 'error',
  from: { path: `^(${from})/` },
  to: { path: project, pathNot: [`^(${from})/`, ...allowed], ...to },
});

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-circle-between-files',
      comment: 'Files that import each other can be read and tested only together.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-circle-between-folders',
      comment: 'A folder that imports another one, directly or not, must not be imported by it.',
      severity: 'error',
      scope: 'folder',
      from: { path: '^(functions|events|lib|openapi|embedded|local|cli)' },
      to: { circular: true },
    },
    onlyImports('lib', ['^openapi/generated/'], 'lib knows no function, no deployment and no test.'),
    onlyImports('functions|events', ['^lib/', '^openapi/generated/'], 'A function is made of lib.'),
    onlyImports('cli', [leaves, '^openapi/generated/'], 'The CLI is a package of its own.'),
    onlyImports(
      'web',
      ['^openapi/generated/', '^lib/page/addresses\\.ts$'],
      'The page runs in browsers, which have none of the modules of Node.',
    ),
    onlyImports(
      'embedded',
      ['^lib/'],
      'The embedded platform stands in for other systems, so it knows only their types.',
    ),
    {
      name: 'embedded-takes-only-types-of-lib',
      comment:
        'The embedded platform is a fake of Kubernetes, Tekton and a registry: code of the service would hide its own defects.',
      severity: 'error',
      from: { path: '^embedded/' },
      // These files know nothing of the service, and there must be one implementation for both sides.
      to: { path: '^lib/', pathNot: '^lib/(lock-file|process-identity)\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'http-knows-no-operation',
      comment: 'lib/http serves any contract: nothing in it is about builds.',
      severity: 'error',
      from: { path: '^lib/http/' },
      to: { path: '^lib/(builds|capacity|ledger|logs|registry|source|store|tekton)/' },
    },
    {
      name: 'auth-knows-no-build',
      comment: 'lib/auth says who calls and what that caller may do, for any operation.',
      severity: 'error',
      from: { path: '^lib/auth/' },
      to: { path: '^lib/(builds|capacity|events|ledger|logs|registry|source|store|tekton)/' },
    },
    {
      name: 'logs-start-no-build',
      comment: 'Reading a log must not depend on how builds are started, queued or finished.',
      severity: 'error',
      from: { path: '^lib/logs/' },
      to: { path: '^lib/(builds|capacity)/' },
    },
    {
      name: 'leaves-depend-on-nothing',
      comment: 'The CLI bundles these files.',
      severity: 'error',
      from: { path: leaves },
      to: { path: project, pathNot: leaves },
    },
    {
      name: 'no-development-dependency-in-production',
      comment: "The service's image holds only what package.json lists under dependencies.",
      severity: 'error',
      from: { path: '^(lib|functions|events)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    parser: 'tsc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    includeOnly: { path: [project, 'node_modules'] },
    exclude: { path: ['^(cli/)?(dist|coverage|data)/', '\\.d\\.ts$'] },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js'],
      conditionNames: ['import', 'node', 'default', 'types'],
      exportsFields: ['exports'],
    },
  },
};
