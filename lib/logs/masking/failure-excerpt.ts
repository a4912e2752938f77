import type { FailureExcerpt } from '../../tekton/status.ts';
import { secretsOfBuild } from './build-secrets.ts';
import { messageMask } from './mask-message.ts';
import { createPemMask } from './pem.ts';
import { createSecretFinder } from './secret-finder.ts';

/**
 * Says whether the last output of a step begins inside a private key: the END line comes without a BEGIN line before
 * it.
 */
const beginsInKey = (output: string): boolean => {
  const end = output.indexOf('-----END ');
  return end >= 0 && !output.slice(0, end).includes('-----BEGIN ');
};

/**
 * Length in characters from which the first line of a failure excerpt may be cut. A failing step stores its last 1,000
 * bytes of output at most, which are fewer characters where the output is not ASCII.
 */
const minCutLength = 600;

const wholeLines = (output: string): string[] => {
  const lines = output.trimEnd().split(/\r?\n/);
  return output.length >= minCutLength && lines.length > 1 ? lines.slice(1) : lines;
};

/**
 * Masks a failure excerpt for display: secrets and control characters are handled as in the step's log. If the
 * excerpt's first line may be cut, that line is left out, because a secret is recognised by its beginning.
 */
export const maskExcerpt = (output: string, known: readonly string[] = []): string => {
  const maskLine = messageMask(createSecretFinder(known));
  const pem = createPemMask();
  if (beginsInKey(output)) pem.raise(Number.POSITIVE_INFINITY);
  return wholeLines(output)
    .map((line) => maskLine(pem.push(line)))
    .join('\n')
    .trim();
};

/** Name of the Tekton step result in which a failing step stores its last lines of output. */
const failureResult = 'failure';

/**
 * Makes the function that finds the failure excerpt of a step in its Tekton results.
 * @param allowedSteps steps whose log may be shown. The output of any other step may contain the registry's credentials
 */
export const createFailureExcerpt =
  (allowedSteps: readonly string[]): FailureExcerpt =>
  ({ name, results }, envvars) => {
    const output = results?.find((result) => result.name === failureResult)?.value ?? '';
    return allowedSteps.includes(name) ? maskExcerpt(output, secretsOfBuild(envvars)) : '';
  };
