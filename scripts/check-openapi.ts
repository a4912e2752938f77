/** `npm run check:openapi`: checks the contract in openapi/openapi.yaml, and fails with a line for each problem. */
import { join } from 'node:path';
import { openapiProblems } from './openapi/problems.ts';

const problems = await openapiProblems(join(import.meta.dirname, '../openapi/openapi.yaml'));
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
