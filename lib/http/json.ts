const lineEnds = /[\u0085\u2028\u2029]/g;

/** JSON leaves U+2028, U+2029 and U+0085 as they are; Python's splitlines, and so today's CLI, ends lines at them. */
export const escapeLineEnds = (json: string): string =>
  json.replace(lineEnds, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
