const maxComparedCharacters = 64;

/** Returns Levenshtein's distance between the first 64 characters of two names. */
const distance = (left: string, right: string): number => {
  const a = left.slice(0, maxComparedCharacters);
  const b = right.slice(0, maxComparedCharacters);
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

/** Returns how much the names of two refs differ; undefined where the names are too different for a suggestion. */
const difference = (requested: string, name: string): number | undefined => {
  const [a, b] = [requested.toLowerCase(), name.toLowerCase()];
  if (a === b) return 0;
  if (a.length > 2 && b.length > 2 && (a.includes(b) || b.includes(a))) return 1;
  const allowed = a.length < 4 ? 1 : Math.max(2, Math.floor(a.length / 3));
  if (Math.abs(a.length - b.length) > allowed) return undefined;
  const steps = distance(a, b);
  return steps <= allowed ? steps : undefined;
};

/**
 * Returns at most `most` names of refs that a client who typed `requested` may have meant, likeliest first. Default 5.
 */
export const similarNames = (requested: string, names: readonly string[], most = 5): string[] =>
  names
    .map((name) => ({ name, score: difference(requested, name) }))
    .filter((candidate): candidate is { name: string; score: number } => candidate.score !== undefined)
    .sort((left, right) => left.score - right.score || left.name.length - right.name.length)
    .slice(0, most)
    .map(({ name }) => name);
