import type { StepState } from '../../tekton/types.ts';
import { safeText } from '../pod/step-lines.ts';
import { createPemMask } from './pem.ts';
import { createSecretFinder } from './secret-finder.ts';

/** A tail may begin behind the first line of a key. */
const beginsInKey = (tail: string): boolean => {
  const end = tail.indexOf('-----END ');
  return end >= 0 && !tail.slice(0, end).includes('-----BEGIN ');
};

/** Steps hand over their last 1,000 bytes, or less than that once encoded: this long, the first line may be half of one. */
const maybeCut = 600;

const wholeLines = (tail: string): string[] => {
  const lines = tail.trimEnd().split(/\r?\n/);
  return tail.length >= maybeCut && lines.length > 1 ? lines.slice(1) : lines;
};

/**
 * A step's last lines as they may be shown: masked like its log, without what would move a terminal's cursor, and
 * without a first line that may have lost its beginning, by which a secret is known.
 */
export const maskExcerpt = (tail: string): string => {
  const safe = safeText(createSecretFinder([]));
  const pem = createPemMask();
  if (beginsInKey(tail)) pem.raise(Number.POSITIVE_INFINITY);
  return wholeLines(tail)
    .map((line) => safe(pem.push(line)))
    .join('\n')
    .trim();
};

/** The step result that a failing step writes its last lines to. */
const failureResult = 'failure';

/** What may be shown of a failed step's output; '' for nothing. */
export type FailureExcerpt = (step: StepState) => string;

/** Nothing of a step whose log is not shown: it may hold credentials. */
export const createFailureExcerpt =
  (allowedSteps: readonly string[]): FailureExcerpt =>
  ({ name, results }) =>
    allowedSteps.includes(name)
      ? maskExcerpt(results?.find((result) => result.name === failureResult)?.value ?? '')
      : '';
