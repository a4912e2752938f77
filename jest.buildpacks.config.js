import config from './jest.config.js';

/** @type {import('jest').Config} */
export default {
  ...config,
  testMatch: ['<rootDir>/test/buildpacks/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  // A build may download a package manager and packages.
  testTimeout: 240_000,
};
