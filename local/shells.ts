/** Shells whose words and variables `npm run env` can write. */
export const shells = ['bash', 'zsh', 'fish', 'sh'] as const;
export type Shell = (typeof shells)[number];

/** Returns a word that each shell reads as the given text: quotation marks end, are escaped and begin again. */
export const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
