/** Source of a regular expression for one terminal colour sequence (SGR), such as the one that turns text red. */
export const colourPattern = '\\u001b\\[[0-9;:]{0,64}m';

/**
 * Says whether an SGR parameter changes only colour, weight, underline or inversion of a terminal's text. Hidden text
 * (parameter 8), blinking and alternative fonts are not harmless.
 */
const isHarmless = (parameter: number): boolean =>
  parameter <= 4 ||
  parameter === 7 ||
  (parameter >= 21 && parameter <= 24) ||
  parameter === 27 ||
  (parameter >= 30 && parameter <= 49) ||
  (parameter >= 90 && parameter <= 107);

/** SGR parameters that may have parts behind colons: the style of an underline, and the colours. */
const withParts = new Set(['4', '38', '48', '58']);

/**
 * Counts the parameters of the SGR attribute that begins at an index: 5 for an RGB colour, 3 for a palette colour, else
 * 1.
 */
const parameterCount = (parameters: readonly string[], at: number): number => {
  if (!['38', '48', '58'].includes(parameters[at] ?? '')) return 1;
  return { 2: 5, 5: 3 }[parameters[at + 1] ?? ''] ?? 1;
};

/**
 * Tells whether a terminal colour sequence changes only how text looks, and hides no text.
 * @param sequence a text that `colourPattern` matches as a whole
 */
export const isColour = (sequence: string): boolean => {
  const parameters = sequence.slice(2, -1).split(';');
  for (let at = 0; at < parameters.length; at += parameterCount(parameters, at)) {
    const [first = '', ...parts] = parameters[at]?.split(':') ?? [];
    if (parts.length > 0 && !withParts.has(first)) return false;
    if (!isHarmless(Number(first)) && first !== '58' && first !== '59') return false;
  }
  return true;
};
