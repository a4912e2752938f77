import config from './jest.config.js';
import './test/e2e/site.js';

const part = process.env.E2E_PART ?? 'service';
// Not sources: they are hostile servers on this machine. Nor shutdown: it stops the platform. Events: test/e2e has them.
const contract = '<rootDir>/test/contract/{credentials,endpoints,failures,gateway,limits,requests}.test.ts';

/** @type {import('jest').Config} */
export default {
  ...config,
  testMatch: [part === 'contract' ? contract : `<rootDir>/test/e2e/${part}/**/*.test.ts`],
  testPathIgnorePatterns: ['/node_modules/'],
  testEnvironment: '<rootDir>/test/e2e/environment.js',
  testTimeout: 900_000,
  // A failed test can leave a connection open. It must not keep CI waiting for ever.
  forceExit: true,
  // The tools of two files don't meet; the others' tests disturb each other.
  maxWorkers: ['contract', 'service'].includes(part) ? 2 : 1,
};
