import { escapeControls } from '../../../../../lib/logs/masking/control-characters.ts';
import { createLineMask } from '../../../../../lib/logs/masking/line-mask.ts';
import { PemMask } from '../../../../../lib/logs/masking/pem.ts';
import { createSecretFinder } from '../../../../../lib/logs/masking/secret-finder.ts';

const findSecrets = createSecretFinder([]);

/** Masks the lines of a step for secrets of a known form, without the mask for private keys. */
export const maskLines = (lines: readonly string[]): string[] => {
  const shown: string[] = [];
  const mask = createLineMask<{ text: string }>(findSecrets, ({ text }) => shown.push(text));
  for (const text of lines) mask.push({ text });
  return shown;
};

/** Masks the lines of a step as a reader sees them. @param keys the mask for private keys. Default: as at a log's start */
export const maskStep = (lines: readonly string[], keys = new PemMask(findSecrets)): string[] =>
  maskLines(lines.map((line) => keys.push(escapeControls(line))));

/** Returns a mask for private keys that knows the lines before, so that it does not watch for the rest of a key. */
export const restingKeyMask = (): PemMask => {
  const mask = new PemMask(findSecrets);
  mask.rest();
  return mask;
};

/** Replaces text between ‹ and › by what a mask shows. */
export const asMasked = (line: string): string => line.replaceAll(/‹[^›]*›/g, '[masked]');

/** Removes the marks around secrets. */
export const asPrinted = (line: string): string => line.replaceAll(/[‹›]/g, '');
