import config from './jest.config.js';

/** @type {import('jest').Config} */
export default {
  ...config,
  testMatch: ['<rootDir>/test/fuzz/**/*.fuzz.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
