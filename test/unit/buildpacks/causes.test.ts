import { describe, expect, test } from '@jest/globals';
import { explained } from '../../support/buildpacks.ts';

/** Lines that npm prints after most failures. */
const npmEnd = 'npm error A complete log of this run can be found in: /root/.npm/_logs/2026-01-01.log\n';

describe('a failure of npm, yarn or pnpm', () => {
  test.each([
    [
      'a version that does not exist',
      `npm error code ETARGET\nnpm error notarget No matching version found for a@99.\nnpm error notarget In most cases …\n${npmEnd}`,
      'No matching version found for a@99.',
    ],
    [
      'a package that does not exist',
      `npm error code E404\nnpm error 404 Not Found - GET https://r/a - Not found\nnpm error 404  'a@*' is not in this registry.\n${npmEnd}`,
      "'a@*' is not in this registry.",
    ],
    [
      'a lock file that does not fit',
      `npm error code EUSAGE\nnpm error \`npm ci\` can only install packages when …\nnpm error Missing: a@1.0.0 from lock file\n${npmEnd}`,
      'Missing: a@1.0.0 from lock file',
    ],
    [
      'dependencies that exclude each other',
      `npm error code ERESOLVE\nnpm error ERESOLVE could not resolve\nnpm error Could not resolve dependency:\nnpm error peer b@"^1" from a@1.0.0\n${npmEnd}`,
      'Could not resolve dependency:',
    ],
    [
      'an unknown package in Yarn 1',
      `yarn install v1.22.22\nerror Couldn't find package "a" on the "npm" registry.\ninfo Visit …\n`,
      'Couldn\'t find package "a"',
    ],
    [
      'a lock file that Yarn 4 would change',
      '➤ YN0000: · Yarn 4\n➤ YN0028: │ -"a@1"\n➤ YN0028: The lockfile would have been modified by this install, which is explicitly forbidden.\n',
      'YN0028',
    ],
    [
      'a lock file that pnpm would change',
      ' ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile"\nNote that …\n',
      'ERR_PNPM_OUTDATED_LOCKFILE',
    ],
  ])('that is %s leads with its cause and the given advice', (_, output, cause) => {
    const [first, second] = explained('node', "failed 'npm ci' 'ADVICE'", output).trim().split('\n');
    expect(first).toMatch(/^ERROR: npm ci failed: /);
    expect(first).toContain(cause);
    expect(second).toBe('ERROR: ADVICE');
  });

  test.each([
    [
      'memory',
      'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\nAborted\n',
      'heap out of memory',
    ],
    ['memory', `npm error Lifecycle script failed\nnpm error signal SIGKILL\n${npmEnd}`, 'SIGKILL'],
    ['memory', ' ELIFECYCLE  Command failed with exit code 137.\n', '137'],
    [
      'disk space',
      `npm error code ENOSPC\nnpm error ENOSPC: no space left on device, write\n${npmEnd}`,
      'no space left on device',
    ],
  ])('that reached the limit of %s says so', (limit, output, cause) => {
    for (const call of ["failed 'npm ci' 'ADVICE'", 'failed_script build']) {
      const said = explained('node', call, output);
      expect(said).toMatch(/^ERROR: .* failed: /);
      expect(said).toContain(cause);
      expect(said).toContain(`ERROR: The build needs more ${limit} than it may use.`);
    }
  });

  test('that says nothing points to the output', () => {
    expect(explained('node', 'failed_script build', '')).toBe(
      'ERROR: The script build of package.json failed: its output above says why\nERROR: Try "npm run build" in a fresh clone.\n',
    );
  });

  test('for lack of file watchers is not explained with disk space', () => {
    const output = "Error: ENOSPC: System limit for number of file watchers reached, watch '/workspace/a'\n";
    const said = explained('node', 'failed_script build', output);
    expect(said).toMatch(/failed: .*System limit for number of file watchers reached.*\nERROR: Try "npm run build"/);
  });

  test('of Yarn, which prints its error to the standard output, has the error', () => {
    const call =
      'set -e; manager=yarn manager_version=4.0.0; yarn() { echo; echo "Usage Error: x"; return 1; }; install_yarn all';
    expect(explained('node', call, '')).toBe(
      'ERROR: yarn config get nodeLinker failed: Usage Error: x\nERROR: Correct the settings of yarn in the repository, such as .yarnrc.yml or .npmrc.\n',
    );
  });

  test('whose cause has a number like a code of a limit gets the given advice', () => {
    const output = `npm error notarget No matching version found for memory@0.137.0.\n${npmEnd}`;
    expect(explained('node', "failed 'npm ci' 'ADVICE'", output)).toContain('ERROR: ADVICE');
  });

  test.each([
    ['\n> x@1.0.0 build\n> echo "error: x"; exit 1\n\nerror: y\n', 'failed: error: y'],
    ['sh: 1: tsc: not found\nnpm error code 127\n', 'tsc: not found'],
    ["node:internal/modules\nError: Cannot find module './a'\nRequire stack:\n", "Cannot find module './a'"],
    ['a.ts(1,2): error TS2304: Cannot find name.\nFound 1 error.\n', 'error TS2304'],
    ['TypeError: x is not a function\n    at a.js:1\n', 'TypeError: x is not a function'],
    ['\u001b[31mERROR\u001b[39m in ./a.js\n2 problems\n', 'failed: ERROR in ./a.js'],
    ['errors: 0\nterror\nerror during build:\n', 'error during build:'],
  ])('of a script that prints %j has the line that tells the cause', (output, cause) => {
    const [first] = explained('node', 'failed_script build', output).split('\n');
    expect(first).toMatch(/^ERROR: The script build of package\.json failed: /);
    expect(first).toContain(cause);
  });
});

describe('a failure of pip', () => {
  test.each([
    [
      'a version that does not exist',
      'ERROR: Could not find a version that satisfies the requirement a==99 (from versions: 1)\nERROR: No matching distribution found for a==99\n',
      'No matching distribution found for a==99',
      'supports Python 3',
    ],
    [
      'a package for another Python',
      "ERROR: Package 'a' requires a different Python: 3.11.2 not in '>=3.13'\n",
      'requires a different Python',
      'supports Python 3',
    ],
    [
      'versions that exclude each other',
      'ERROR: Cannot install a==1 and a==2 because these package versions have conflicting dependencies.\n\nThe conflict is caused by:\n',
      'conflicting dependencies',
      'exclude each other',
    ],
    [
      'two packages in one project',
      '  error: Multiple top-level packages discovered in a flat-layout: [1].\n  \n  To avoid accidental inclusion …\n  note: This error originates from a subprocess\n',
      'Multiple top-level packages',
      'Name the packages',
    ],
    [
      'a header that is missing',
      '  a.c:1:10: fatal error: Python.h: No such file or directory\n  error: command x86_64-linux-gnu-gcc failed\n  ERROR: Failed building wheel for a\n',
      'Python.h',
      'system library',
    ],
    [
      'a compiler that the builder lacks',
      "  building 'a' extension\n  x86_64-linux-gnu-gcc -c a.c\n  error: [Errno 2] No such file or directory: 'x86_64-linux-gnu-gcc'\n  ERROR: Failed building wheel for a\n",
      "command 'x86_64-linux-gnu-gcc' failed: there is no such program",
      'needs a compiler or a system library',
    ],
    [
      'a program for building that the builder lacks',
      '  File "setup.py", line 7\n  FileNotFoundError: [Errno 2] No such file or directory: \'cmake\'\n',
      "command 'cmake' failed: there is no such program",
      'needs a compiler or a system library',
    ],
    [
      'a file that the package lacks',
      "  error: [Errno 2] No such file or directory: 'README.md'\n",
      "No such file or directory: 'README.md'",
      'fresh clone',
    ],
    [
      'a hash that is another',
      'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n',
      'DO NOT MATCH THE HASHES',
      'fresh clone',
    ],
    [
      'too little disk space',
      'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n',
      'No space left',
      'more disk space',
    ],
    [
      'too little memory',
      'cc: fatal error: Killed signal terminated program cc1plus\nERROR: Failed building wheel for a\n',
      'Killed signal',
      'more memory',
    ],
    ['nothing', 'x\n', 'pip says above why', 'fresh clone'],
  ])('that is %s leads with its cause and fitting advice', (_, output, cause, advice) => {
    const [first, second] = explained('python', 'fail_pip', output).trim().split('\n');
    expect(first).toMatch(/^ERROR: pip install failed: /);
    expect(first).toContain(cause);
    expect(second).toContain(advice);
  });
});

/** A program that prints its process id and leaves a process behind, which holds the program's output open. */
const leaving = 'leave() { sleep 1000 & echo "left $!"; [ "$1" = well ]; }';

describe.each<['node' | 'python', string]>([
  ['node', `${leaving}; manager=leave; run_manager`],
  ['python', `${leaving}; kept leave`],
])('a program that the buildpack for %s runs, and that leaves a process behind,', (buildpack, call) => {
  test.each(['well', 'badly'])('ends, when it has ended %s', (how) => {
    const said = explained(
      buildpack,
      `${call} ${how} && echo passed || echo "failed with $?"; cat "$work/output"`,
      'old\n',
    );
    const [, pid] = /^left (\d+)$/m.exec(said) ?? [];
    process.kill(Number(pid));
    expect(said).toBe(`left ${pid}\n${how === 'well' ? 'passed' : 'failed with 1'}\nleft ${pid}\n`);
  });
});

test('a cache of uv that can not be pruned is named in a warning, and the build goes on', () => {
  const call = `set -e; cache=$PWD; warn() { echo "Warning: $*"; }; tool() { echo "$PWD"; }; mkdir bin
    printf '#!/bin/sh\n[ "$1" != cache ]\n' >bin/uv; chmod +x bin/uv; with_uv; echo installed`;
  expect(explained('python', call, '')).toMatch(/^Warning: uv cache prune failed.*\ninstalled\n$/);
});
