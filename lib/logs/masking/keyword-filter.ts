/** Five bits for each character, case aside: letters have theirs alone, others share some. */
const codes = Uint8Array.from({ length: 128 }, (_, code) => {
  const letter = (code | 0x20) - 0x61;
  return letter >= 0 && letter < 26 ? letter : 26 + (code % 6);
});

/** Of the last three characters, given that of those up to the one before. */
const tripleWith = (triple: number, code: number): number => ((triple << 5) | (codes[code] ?? 0)) & 0x7fff;

/** Only ASCII's letters: what else has case may have another length, or a letter of ASCII, in the other one. */
const folded = (code: number): number => (code >= 0x41 && code <= 0x5a ? code | 0x20 : code);

const isAt = (text: string, from: number, keyword: string): boolean => {
  if (from < 0) return false;
  for (let at = 0; at < keyword.length; at += 1) {
    if (folded(text.charCodeAt(from + at)) !== folded(keyword.charCodeAt(at))) return false;
  }
  return true;
};

/**
 * Finds out which of these may match a text: one of their keywords is in it, the case of ASCII's letters aside. The last
 * three characters of each keyword stand for it, so one look at each of the text's tells, and only where three of them are
 * a keyword's is that compared; an expression of all keywords needs ten times as long. Most lines have none.
 *
 * @param hinted keywords have three characters or more each
 * @returns undefined when there is none
 */
export const createKeywordFilter = <T extends { keywords: readonly string[] }>(
  hinted: readonly T[],
): ((text: string) => ReadonlySet<T> | undefined) => {
  const byHint = new Map<string, T[]>();
  for (const one of hinted) {
    for (const keyword of one.keywords) byHint.set(keyword, [...(byHint.get(keyword) ?? []), one]);
  }
  const isLast = new Uint8Array(1 << 15);
  const ending = new Map<number, { keyword: string; of: T[] }[]>();
  for (const [keyword, of] of byHint) {
    const triple = [-3, -2, -1].map((at) => keyword.charCodeAt(keyword.length + at)).reduce(tripleWith, 0);
    ending.set(triple, [...(ending.get(triple) ?? []), { keyword, of }]);
    isLast[triple] = 1;
  }

  /** Without a branch for each character. */
  const mayHold = (text: string): boolean => {
    let triple = 0;
    let found = 0;
    for (let at = 0; at < text.length; at += 1) {
      triple = tripleWith(triple, text.charCodeAt(at));
      found |= isLast[triple] ?? 0;
    }
    return found !== 0;
  };

  const endingAt = (text: string, end: number, triple: number): T[] =>
    (ending.get(triple) ?? []).flatMap(({ keyword, of }) => (isAt(text, end - keyword.length, keyword) ? of : []));

  const find = (text: string): Set<T> => {
    const found = new Set<T>();
    let triple = 0;
    for (let end = 1; end <= text.length; end += 1) {
      triple = tripleWith(triple, text.charCodeAt(end - 1));
      if (isLast[triple] === 1) for (const one of endingAt(text, end, triple)) found.add(one);
    }
    return found;
  };

  return (text) => {
    if (!mayHold(text)) return undefined;
    const found = find(text);
    return found.size > 0 ? found : undefined;
  };
};
