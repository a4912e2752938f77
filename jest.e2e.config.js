import config from './jest.config.js';
import './test/e2e/site.js';

/** test/e2e/run.js runs one after the other: disruptions disturb everything else. */
const parts = {
  undisturbed: { testMatch: ['<rootDir>/test/e2e/{pipeline,service,logs}/**/*.test.ts'], maxWorkers: 2 },
  disruptions: { testMatch: ['<rootDir>/test/e2e/disruptions/**/*.test.ts'], maxWorkers: 1 },
  // Not sources: they are hostile servers on this machine. Nor shutdown: it stops the platform. Events: test/e2e has them.
  contract: {
    testMatch: ['<rootDir>/test/contract/{endpoints,failures,gateway,limits,requests}.test.ts'],
    maxWorkers: 2,
  },
};

/** @type {import('jest').Config} */
export default {
  ...config,
  ...parts[process.env.E2E_PART ?? 'undisturbed'],
  testPathIgnorePatterns: ['/node_modules/'],
  testEnvironment: '<rootDir>/test/e2e/environment.js',
  globalSetup: '<rootDir>/test/e2e/ready.js',
  testTimeout: 300_000,
};
