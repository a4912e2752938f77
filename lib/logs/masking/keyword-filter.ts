/** A secret rule that is worth trying only on a text that contains one of the rule's keywords. */
type Keyworded = { keywords: readonly string[] };

const lastAsciiCode = 0x7f;

/** Characters that share a code in the hashes of the keyword filter. They are grouped by how keywords use them. */
const sharedCodes: readonly string[] = [' \t', '_$~\\', '-./', ':="\''];
/** Code of all characters beyond ASCII. No other character has it, because some keywords have only two characters. */
const otherCode = 31;

/**
 * Codes of characters in the hashes of the keyword filter: 5 bits each, the same for upper and lower case. Each ASCII
 * letter has a code of its own, and the last entry is for all characters beyond ASCII.
 */
const codes = Uint8Array.from({ length: 129 }, (_, code) => {
  const letter = (code | 0x20) - 0x61;
  if (code > lastAsciiCode) return otherCode;
  if (letter >= 0 && letter < 26) return letter;
  const group = sharedCodes.findIndex((characters) => characters.includes(String.fromCharCode(code)));
  return 26 + (group < 0 ? sharedCodes.length : group);
});

/** Number of bits of a hash: 5 for each of four characters. */
const hashBits = 20;

/**
 * Returns the hash of a text's last four characters after one more character.
 * @param hash the hash before that character
 */
const nextHash = (hash: number, code: number): number => ((hash << 5) | (codes[Math.min(code, 0x80)] ?? 0)) & 0xfffff;

/**
 * Converts ASCII letters to lower case, and no other letters: their other case may have another length, or be an ASCII
 * letter.
 */
const lowerCase = (code: number): number => (code >= 0x41 && code <= 0x5a ? code | 0x20 : code);

const isKeywordAt = (text: string, from: number, keyword: string): boolean => {
  if (from < 0) return false;
  for (let at = 0; at < keyword.length; at += 1) {
    if (lowerCase(text.charCodeAt(from + at)) !== lowerCase(keyword.charCodeAt(at))) return false;
  }
  return true;
};

/** Hash tables for the keywords of all secret rules. */
type Table<T> = {
  /** One bit for each hash: 1 for the hash of each keyword's last four characters, 0 for all others. */
  isEnd: Uint32Array;
  /** Keywords by the hashes of their last four characters, and the secret rules that have each keyword. */
  byHash: ReadonlyMap<number, readonly { keyword: string; rules: readonly T[] }[]>;
};

/** Returns bits of which the last one is 1 if a keyword may end with four characters of this hash. */
const bitsOf = (isEnd: Uint32Array, hash: number): number => (isEnd[hash >>> 5] ?? 0) >>> (hash & 31);

const append = <K, V>(map: Map<K, V[]>, key: K, value: V): void => {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
};

/** Returns the hashes of four characters with which a keyword ends. A shorter keyword may follow any characters. */
const endHashes = (keyword: string): number[] => {
  const end = keyword.slice(-4);
  const hash = [...Array(end.length).keys()].reduce((before, at) => nextHash(before, end.charCodeAt(at)), 0);
  const free = 4 - end.length;
  return Array.from({ length: 32 ** free }, (_, codes) => ((codes << (5 * end.length)) | hash) & 0xfffff);
};

const createTable = <T extends Keyworded>(rules: readonly T[]): Table<T> => {
  const byKeyword = new Map<string, T[]>();
  for (const rule of rules) for (const keyword of rule.keywords) append(byKeyword, keyword, rule);
  const isEnd = new Uint32Array(1 << (hashBits - 5));
  const byHash = new Map<number, { keyword: string; rules: T[] }[]>();
  for (const [keyword, found] of byKeyword) {
    for (const hash of endHashes(keyword)) {
      append(byHash, hash, { keyword, rules: found });
      isEnd[hash >>> 5] = (isEnd[hash >>> 5] ?? 0) | (1 << (hash & 31));
    }
  }
  return { isEnd, byHash };
};

/**
 * Number of characters that are tested together. The loop over them has no branch for each character, because most
 * lines have no keyword.
 */
const blockLength = 64;

const addRulesEndingAt = <T>(text: string, end: number, hash: number, { byHash }: Table<T>, found: Set<T>): void => {
  for (const { keyword, rules } of byHash.get(hash) ?? [])
    if (isKeywordAt(text, end - keyword.length, keyword)) for (const rule of rules) found.add(rule);
};

/**
 * Adds the secret rules with a keyword that ends in a block of a text.
 * @param before the hash before the block
 */
const addRulesOfBlock = <T>(
  text: string,
  from: number,
  to: number,
  before: number,
  table: Table<T>,
  found: Set<T>,
): void => {
  let hash = before;
  for (let at = from; at < to; at += 1) {
    hash = nextHash(hash, text.charCodeAt(at));
    if ((bitsOf(table.isEnd, hash) & 1) === 1) addRulesEndingAt(text, at + 1, hash, table, found);
  }
};

const findRules = <T>(text: string, table: Table<T>): Set<T> | undefined => {
  const { isEnd } = table;
  let found: Set<T> | undefined;
  let hash = 0;
  let codes = 0;
  for (let from = 0; from < text.length; from += blockLength) {
    const to = Math.min(from + blockLength, text.length);
    const before = hash;
    let isWorthComparing = 0;
    for (let at = from; at < to; at += 1) {
      const code = text.charCodeAt(at);
      codes |= code;
      hash = nextHash(hash, code);
      isWorthComparing |= bitsOf(isEnd, hash);
    }
    if ((isWorthComparing & 1) === 0) continue;
    found ??= new Set<T>();
    addRulesOfBlock(text, from, to, before, table, found);
  }
  if (found && found.size > 0) return found;
  return codes > lastAsciiCode ? new Set() : undefined;
};

/**
 * Makes a cheap test that selects the secret rules worth trying on a text: the rules with a keyword in the text, in any
 * case of ASCII letters. The test reads each character once, or twice near a possible keyword, and compares a keyword
 * only where its last four characters match. One regular expression of all keywords needs ten times as long.
 *
 * @param rules secret rules. Each keyword has two characters or more
 * @returns a function from a text to the rules worth trying; undefined when no rule is and the text is ASCII, so that
 * nothing in the text can be invisible but terminal sequences
 */
export const createKeywordFilter = <T extends Keyworded>(
  rules: readonly T[],
): ((text: string) => ReadonlySet<T> | undefined) => {
  const table = createTable(rules);
  return (text) => findRules(text, table);
};
