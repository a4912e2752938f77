/** Five bits for each character, case aside: letters have theirs alone, others share some. */
const codes = Uint8Array.from({ length: 128 }, (_, code) => {
  const letter = (code | 0x20) - 0x61;
  return letter >= 0 && letter < 26 ? letter : 26 + (code % 6);
});

/** Of the last three characters, given that of those up to the one before. */
const tripleWith = (triple: number, code: number): number => ((triple << 5) | (codes[code] ?? 0)) & 0x7fff;

/**
 * Whether a text may contain one of these, case aside, at one look at each character: the last three of each hint stand
 * for it. An expression of all hints needs ten times as long, and most lines have none.
 *
 * @param hints three characters or more each
 */
export const createSieve = (hints: readonly string[]): ((text: string) => boolean) => {
  const table = new Uint8Array(1 << 15);
  for (const hint of hints) {
    const last = [-3, -2, -1].map((at) => hint.charCodeAt(hint.length + at));
    table[last.reduce(tripleWith, 0)] = 1;
  }
  return (text) => {
    let triple = 0;
    let found = 0;
    for (let at = 0; at < text.length; at += 1) {
      triple = tripleWith(triple, text.charCodeAt(at));
      found |= table[triple] ?? 0;
    }
    return found !== 0;
  };
};
