/** Returns one row more of the table of edit distances between the starts of two texts. */
const nextRow = (a: string, b: string, i: number, before: number[], last: number[]): number[] => {
  const row = [i + 1];
  for (let j = 0; j < b.length; j++) {
    const replaced = (last[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
    const isSwap = i > 0 && j > 0 && a[i] === b[j - 1] && a[i - 1] === b[j];
    const swapped = isSwap ? (before[j - 1] ?? 0) + 1 : Number.POSITIVE_INFINITY;
    row.push(Math.min((row[j] ?? 0) + 1, (last[j + 1] ?? 0) + 1, replaced, swapped));
  }
  return row;
};

/**
 * Returns how many letters must be added, removed or replaced, or swapped with their neighbour, to turn one text into
 * another (optimal string alignment).
 */
export const editDistance = (a: string, b: string): number => {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) [before, last] = [last, nextRow(a, b, i, before, last)];
  return last[b.length] ?? 0;
};

/** Limit for the length of a word that is compared, in characters. The time grows with the square of the length. */
const maxLength = 300;

/**
 * Returns the words that are most similar to a mistyped word, the most similar first. A word counts if it begins with
 * the mistyped word, or differs from it in at most a third of the letters, and at least one.
 */
export const similarTo = (word: string, known: readonly string[]): string[] => {
  if (word === '' || word.length > maxLength) return [];
  const limit = Math.max(1, Math.ceil(word.length / 3));
  const distances = known.map((one) => [one, one.startsWith(word) ? 0 : editDistance(word, one)] as const);
  return distances
    .filter(([, distance]) => distance <= limit)
    .sort(([, a], [, b]) => a - b)
    .map(([one]) => one);
};
