/** A rule that is worth trying only on a text that contains one of its keywords. */
type Keyworded = { keywords: readonly string[] };

/** 5-bit code of each ASCII character, the same for both cases. Letters have unique codes; other characters share six. */
const codes = Uint8Array.from({ length: 128 }, (_, code) => {
  const letter = (code | 0x20) - 0x61;
  return letter >= 0 && letter < 26 ? letter : 26 + (code % 6);
});

/** Updates the 15-bit hash of the last three characters with the next character. */
const nextHash = (hash: number, code: number): number => ((hash << 5) | (codes[code] ?? 0)) & 0x7fff;

/** Lower-cases ASCII letters only: the other case of a non-ASCII letter may have another length, or be an ASCII letter. */
const lowerCase = (code: number): number => (code >= 0x41 && code <= 0x5a ? code | 0x20 : code);

const isKeywordAt = (text: string, from: number, keyword: string): boolean => {
  if (from < 0) return false;
  for (let at = 0; at < keyword.length; at += 1) {
    if (lowerCase(text.charCodeAt(from + at)) !== lowerCase(keyword.charCodeAt(at))) return false;
  }
  return true;
};

/** Hash tables over all keywords. */
type Table<T> = {
  /** 1 at the hash of each keyword's last three characters. */
  isEnd: Uint8Array;
  /** The keywords with that hash, and the rules that have each keyword. */
  byHash: ReadonlyMap<number, readonly { keyword: string; rules: readonly T[] }[]>;
};

const append = <K, V>(map: Map<K, V[]>, key: K, value: V): void => {
  map.set(key, [...(map.get(key) ?? []), value]);
};

const createTable = <T extends Keyworded>(rules: readonly T[]): Table<T> => {
  const byKeyword = new Map<string, T[]>();
  for (const rule of rules) for (const keyword of rule.keywords) append(byKeyword, keyword, rule);
  const isEnd = new Uint8Array(1 << 15);
  const byHash = new Map<number, { keyword: string; rules: T[] }[]>();
  for (const [keyword, found] of byKeyword) {
    const hash = [-3, -2, -1].map((at) => keyword.charCodeAt(keyword.length + at)).reduce(nextHash, 0);
    append(byHash, hash, { keyword, rules: found });
    isEnd[hash] = 1;
  }
  return { isEnd, byHash };
};

/** Says whether a keyword may end anywhere in the text. The loop has no branch for a character, as most lines have none. */
const mayContain = (text: string, isEnd: Uint8Array): boolean => {
  let hash = 0;
  let found = 0;
  for (let at = 0; at < text.length; at += 1) {
    hash = nextHash(hash, text.charCodeAt(at));
    found |= isEnd[hash] ?? 0;
  }
  return found !== 0;
};

const rulesEndingAt = <T>(text: string, end: number, candidates: Table<T>['byHash'], hash: number): T[] =>
  (candidates.get(hash) ?? []).flatMap(({ keyword, rules }) =>
    isKeywordAt(text, end - keyword.length, keyword) ? rules : [],
  );

const findRules = <T>(text: string, { isEnd, byHash }: Table<T>): Set<T> => {
  const found = new Set<T>();
  let hash = 0;
  for (let end = 1; end <= text.length; end += 1) {
    hash = nextHash(hash, text.charCodeAt(end - 1));
    if (isEnd[hash] === 1) for (const rule of rulesEndingAt(text, end, byHash, hash)) found.add(rule);
  }
  return found;
};

/**
 * Makes a cheap test that selects the rules worth trying on a text: the rules with a keyword in the text, ASCII case
 * aside. The test reads each character once and compares a keyword only where its last three characters match. One
 * regular expression of all keywords needs ten times as long.
 *
 * @param rules each keyword has three characters or more
 * @returns undefined when no rule is worth trying
 */
export const createKeywordFilter = <T extends Keyworded>(
  rules: readonly T[],
): ((text: string) => ReadonlySet<T> | undefined) => {
  const table = createTable(rules);
  return (text) => {
    if (!mayContain(text, table.isEnd)) return undefined;
    const found = findRules(text, table);
    return found.size > 0 ? found : undefined;
  };
};
