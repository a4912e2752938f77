/**
 * A cell of a printed table. `paint` adds colours after the text was measured and cut, because colour sequences take no
 * width.
 */
export type Cell = { text: string; paint?: (text: string) => string };
export type Column = {
  title: string;
  /**
   * Least width in characters to which a narrow terminal cuts a column of a table. Default: the column is never cut.
   */
  shrinkTo?: number;
  /** The part of a table cell's text that stays when the text is cut: its start or its end. Default: start. */
  keep?: 'start' | 'end';
};

/** Returns the number of characters (code points) of a text, not of UTF-16 code units. */
const length = (text: string) => [...text].length;

/** Cuts a text to `width` characters. The character … stands for the missing text. */
export const cut = (text: string, width: number, keep: 'start' | 'end' = 'start'): string => {
  const characters = [...text];
  if (characters.length <= width) return text;
  if (keep === 'start') return `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
  return `…${characters.slice(characters.length - Math.max(0, width - 1)).join('')}`;
};

/** Number of spaces between two columns of a table. */
const gap = 2;

/**
 * Returns the widths of a table's columns. The last columns are made narrower first, as far as each may shrink, until
 * the table fits into `available` characters.
 */
const fit = (columns: Column[], natural: number[], available: number): number[] => {
  const widths = [...natural];
  let excess = natural.reduce((sum, width) => sum + width + gap, -gap) - available;
  for (let index = columns.length - 1; index >= 0 && excess > 0; index--) {
    const least = columns[index]?.shrinkTo ?? Number.POSITIVE_INFINITY;
    const gain = Math.min(excess, Math.max(0, (widths[index] ?? 0) - least));
    widths[index] = (widths[index] ?? 0) - gain;
    excess -= gain;
  }
  return widths;
};

const renderRow = (columns: Column[], widths: number[], cells: Cell[]): string => {
  const rendered = cells.map((cell, index) => {
    const width = widths[index] ?? 0;
    const text = cut(cell.text, width, columns[index]?.keep);
    const padding = index === cells.length - 1 ? '' : ' '.repeat(width - length(text));
    return (cell.paint ? cell.paint(text) : text) + padding;
  });
  return rendered.join(' '.repeat(gap)).trimEnd();
};

/**
 * Returns the lines of a table with aligned columns.
 * @param available width of the terminal in characters; undefined cuts no cell
 * @param bold styles the titles of the columns
 */
export const table = (
  columns: Column[],
  rows: Cell[][],
  available: number | undefined,
  bold: Cell['paint'],
): string[] => {
  const header = columns.map(({ title }): Cell => (bold ? { text: title, paint: bold } : { text: title }));
  const all = [header, ...rows];
  const natural = columns.map((_, index) => Math.max(...all.map((row) => length(row[index]?.text ?? ''))));
  const widths = available === undefined ? natural : fit(columns, natural, available);
  return all.map((row) => renderRow(columns, widths, row));
};
