import config from './jest.config.js';
import './test/e2e/site.js';

const part = process.env.E2E_PART ?? 'service';
// The contract tests that also run against a cluster. The tests of sources need hostile servers on this machine, the
// test of shutdown stops the whole platform, and test/e2e has its own tests of events.
const contract =
  '<rootDir>/test/contract/{credentials,endpoints,failures,gateway,limits,log-masking,log-progress,requests}.test.ts';

const buildpacks = ['test/buildpacks/*', 'test/unit/buildpacks/{builds,start}', 'test/e2e/languages/*'];
const pipeline = 'test/e2e/pipeline/{builds,hostile,hostile-clones,source}';
const patterns = {
  contract: [contract],
  // Every kind of repository, and every hostile build, with the builder of the variable TEST_BUILDER.
  languages: [...buildpacks, pipeline].map((pattern) => `<rootDir>/${pattern}.test.ts`),
};

/** @type {import('jest').Config} */
export default {
  ...config,
  testMatch: patterns[part] ?? [`<rootDir>/test/e2e/${part}/**/*.test.ts`],
  testPathIgnorePatterns: ['/node_modules/'],
  testEnvironment: '<rootDir>/test/e2e/environment.js',
  testTimeout: 900_000,
  // The failed tests are printed again at the end, because the logs of CI are long.
  reporters: ['default', ['summary', { summaryThreshold: 0 }]],
  // Jest is forced to exit, because a failed test can leave a connection open, and CI would wait for ever.
  forceExit: true,
  // Test files of contract and service use different tools and may run in parallel. Test files of other parts disturb
  // each other.
  maxWorkers: { contract: 2, service: 2, languages: 3 }[part] ?? 1,
};
