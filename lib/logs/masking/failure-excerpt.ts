import { failureOutput } from '../../tekton/failure-output.ts';
import type { FailureExcerpt } from '../../tekton/status.ts';
import { secretsOfBuild } from './build-secrets.ts';
import { escapeControls } from './control-characters.ts';
import { findKeyBegin } from './key-markers.ts';
import { createLineMask } from './line-mask.ts';
import { PemMask } from './pem.ts';
import { createSecretFinder } from './secret-finder.ts';

/** Says whether lines begin inside a private key: the END line comes without a BEGIN line before it. */
const beginInKey = (lines: readonly string[]): boolean => {
  const end = lines.findIndex((line) => line.includes('-- END ') || line.includes('--END '));
  return end >= 0 && !findKeyBegin(lines.slice(0, end).join('\n'), 0);
};

/**
 * A line that names a secret number of a private key. The excerpt may begin among the number's lines. Any other line after
 * this one says that it does not.
 */
const numberOfKey = 'privateExponent:';

/**
 * Masks a failure excerpt for display: secrets and control characters are handled as in the step's log.
 * @param output a line that is not shown, then the last lines of a step's output. The first line may be cut anywhere: a
 * secret is recognised by what stands before it, so text after a cut must not be shown. The first line is empty when
 * the output has no earlier line
 */
export const maskExcerpt = (output: string, known: readonly string[] = []): string => {
  const lines = output.trimEnd().split(/\r?\n/);
  const shown: string[] = [];
  const findSecrets = createSecretFinder(known);
  const mask = createLineMask<{ text: string }>(findSecrets, ({ text }) => shown.push(text));
  const pem = new PemMask(findSecrets);
  if (beginInKey(lines)) pem.open();
  mask.push({ text: numberOfKey });
  for (const line of lines) mask.push({ text: pem.push(escapeControls(line)) });
  return shown.slice(2).join('\n').trim();
};

/**
 * Makes the function that finds the failure excerpt of a step in its Tekton results.
 * @param allowedSteps steps whose log may be shown. The output of any other step may contain the registry's credentials
 */
export const createFailureExcerpt =
  (allowedSteps: readonly string[]): FailureExcerpt =>
  ({ name, results }, envvars) => {
    const output = failureOutput(results);
    return allowedSteps.includes(name) ? maskExcerpt(output, secretsOfBuild(envvars)) : '';
  };
