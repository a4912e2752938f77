import { appendFileSync } from 'node:fs';
import { expect } from '@jest/globals';

/** The result that a test saw: the end of a build (`failed` names the step, if any), or the page of a running image. */
export type Seen = { image: string; digest: string; failed: string } | { page: string };
export type Recorded = Seen & { title: string };

/** Adds what the current test saw to the file that the variable LANGUAGES_RECORDS names, a JSON object a line. */
export const record = (seen: Seen): void => {
  const { LANGUAGES_RECORDS: file } = process.env;
  const title = expect.getState().currentTestName ?? '';
  if (file) appendFileSync(file, `${JSON.stringify({ title, ...seen })}\n`);
};
