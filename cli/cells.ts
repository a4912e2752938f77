// A terminal shows a text in cells: most characters take one cell, those of East Asian scripts and emoji two, and
// combining ones none. How many a tab takes depends on its column, so a text is drawn with blanks in the place of tabs.

/** Returns the number of cells that a text takes on a terminal. */
export type CellWidth = (text: string) => number;

const isAscii = (text: string): boolean => /^[\t\x20-\x7e]*$/.test(text);

const withoutTabs = (text: string): string => text.replaceAll('\t', ' ');

/**
 * Returns a function that measures texts like the given ones. The tables of Unicode are loaded only for text that is not
 * ASCII, because loading them takes as long as a short command.
 */
export const cellWidthFor = async (texts: Iterable<string>): Promise<CellWidth> => {
  for (const text of texts) {
    if (isAscii(text)) continue;
    const { default: stringWidth } = await import('string-width');
    return (measured) => (isAscii(measured) ? measured.length : stringWidth(withoutTabs(measured)));
  }
  return (measured) => measured.length;
};

/** An estimate of the width of a text that is never too small, for a text that must fit before tables are loaded. */
export const atMostCells: CellWidth = (text) => (isAscii(text) ? text.length : 2 * [...text].length);

/**
 * Returns a function that measures a text at once. Until the tables of Unicode are loaded, which its first text that is not
 * ASCII begins, the estimate measures such a text.
 */
export const lazyCellWidth = (): CellWidth => {
  let measure: CellWidth | undefined;
  return (text) => {
    if (isAscii(text)) return text.length;
    if (measure) return measure(text);
    void cellWidthFor([text]).then((loaded) => {
      measure = loaded;
    });
    return atMostCells(text);
  };
};

/** Returns the characters of a text as readers see them: a letter with its accents, or an emoji of several parts. */
const characters = (text: string): string[] =>
  isAscii(text) ? [...text] : Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);

/** Returns as many of the first characters as fit into `width` cells. */
const fitting = (parts: string[], width: number, cells: CellWidth): string[] => {
  let used = 0;
  const end = parts.findIndex((part) => {
    used += cells(part);
    return used > width;
  });
  return end < 0 ? parts : parts.slice(0, end);
};

/**
 * Cuts a text to at most `width` cells, with a blank in the place of each tab. The character … stands for the missing
 * text.
 */
export const cut = (text: string, width: number, cells: CellWidth, keep: 'start' | 'end' = 'start'): string => {
  if (cells(text) <= width) return withoutTabs(text);
  const parts = characters(withoutTabs(text));
  if (keep === 'start') return `${fitting(parts, width - 1, cells).join('')}…`;
  return `…${fitting(parts.reverse(), width - 1, cells)
    .reverse()
    .join('')}`;
};
