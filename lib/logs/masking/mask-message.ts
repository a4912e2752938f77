import { escapeControls } from './control-characters.ts';
import { maskSpans, type SecretFinder } from './secret-finder.ts';

/**
 * Makes a function that masks the secrets in one message, such as a note or a failure excerpt, in the way a step's line
 * is masked. A line feed becomes a space.
 */
export const messageMask =
  (findSecrets: SecretFinder) =>
  (text: string): string => {
    const escaped = escapeControls(text.replaceAll('\n', ' '));
    return maskSpans(escaped, findSecrets(escaped));
  };
