const maxCompared = 64;

/** Levenshtein's distance between the first characters of two names. */
const distance = (left: string, right: string): number => {
  const a = left.slice(0, maxCompared);
  const b = right.slice(0, maxCompared);
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let line = 1; line <= a.length; line += 1) {
    const next = [line];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (a[line - 1] === b[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
};

/** How unlike two names are; undefined where showing one for the other would not help. */
const unlikeness = (asked: string, name: string): number | undefined => {
  const [a, b] = [asked.toLowerCase(), name.toLowerCase()];
  if (a === b) return 0;
  if (a.length > 2 && b.length > 2 && (a.includes(b) || b.includes(a))) return 1;
  const allowed = a.length < 4 ? 1 : Math.max(2, Math.floor(a.length / 3));
  if (Math.abs(a.length - b.length) > allowed) return undefined;
  const steps = distance(a, b);
  return steps <= allowed ? steps : undefined;
};

/** Up to `most` of the names that somebody who typed `asked` may have meant, likeliest first. */
export const similarNames = (asked: string, names: readonly string[], most = 5): string[] =>
  names
    .map((name) => ({ name, score: unlikeness(asked, name) }))
    .filter((entry): entry is { name: string; score: number } => entry.score !== undefined)
    .sort((left, right) => left.score - right.score || left.name.length - right.name.length)
    .slice(0, most)
    .map(({ name }) => name);
