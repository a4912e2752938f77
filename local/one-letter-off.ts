const commonStart = (a: string, b: string): number => {
  const at = [...a].findIndex((letter, index) => letter !== b[index]);
  return at === -1 ? a.length : at;
};

const reversed = (text: string): string => [...text].reverse().join('');

/**
 * Tells whether two names differ by at most one letter that is missing, added or replaced, or by two neighbouring
 * letters in the wrong order.
 */
export const isOneLetterOff = (a: string, b: string): boolean => {
  const start = commonStart(a, b);
  const [restOfA, restOfB] = [a.slice(start), b.slice(start)];
  const end = commonStart(reversed(restOfA), reversed(restOfB));
  const [inA, inB] = [restOfA.slice(0, restOfA.length - end), restOfB.slice(0, restOfB.length - end)];
  return (inA.length <= 1 && inB.length <= 1) || (inA.length === 2 && inB === reversed(inA));
};
