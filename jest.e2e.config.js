import config from './jest.config.js';
import './test/e2e/site.js';

/** @type {import('jest').Config} */
export default {
  ...config,
  testMatch: ['<rootDir>/test/e2e/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testEnvironment: '<rootDir>/test/e2e/environment.js',
  testTimeout: 300_000,
};
