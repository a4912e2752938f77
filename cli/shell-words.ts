/** Quotes a text so that bash, zsh and every other shell of POSIX reads it as one word. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
