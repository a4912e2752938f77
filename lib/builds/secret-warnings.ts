import { looksLikeSecret } from '../logs/masking/suspicious-variables.ts';

/** Limit for the names in one warning. */
const maxNames = 5;

const listed = (names: readonly string[]): string => {
  const shown = names.slice(0, maxNames);
  const rest = names.length - shown.length;
  const parts = rest > 0 ? [...shown, `${rest} more`] : shown;
  return [parts.slice(0, -1).join(', '), parts.at(-1)].filter(Boolean).join(' and ');
};

const sentence = (names: readonly string[]): string => {
  const [looks, them, secrets] =
    names.length === 1
      ? [`The variable ${listed(names)} looks like a secret`, 'it', 'If it is one']
      : [`The variables ${listed(names)} look like secrets`, 'them', 'If they are'];
  return [
    `${looks}. Everybody who may read the tool's builds can see ${them}, and the image can hold ${them}.`,
    `${secrets}, replace ${them}, and give ${them} to the running tool only (on Toolforge with \`toolforge envvars\`).`,
  ].join(' ');
};

/**
 * Returns the warning about variables of a build that look like secrets, by their names. The warning has no value. The list
 * is empty where no variable looks like one.
 */
export const secretWarnings = (envvars: Readonly<Record<string, string>>): string[] => {
  const names = Object.entries(envvars).flatMap(([name, value]) => (looksLikeSecret(name, value) ? [name] : []));
  return names.length === 0 ? [] : [sentence(names)];
};
