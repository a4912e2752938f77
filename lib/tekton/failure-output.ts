import type { StepState } from './types.ts';

/** Name of the Tekton step result in which a failing step stores the end of its output. */
const failureResult = 'failure';

/** Returns the end of a failed step's output as the step stored it: whole lines, with nothing masked. May be empty. */
export const failureOutput = (results: StepState['results']): string =>
  results?.find(({ name }) => name === failureResult)?.value ?? '';
