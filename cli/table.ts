import { type CellWidth, cellWidthFor, cut } from './cells.ts';

/**
 * A cell of a printed table. `paint` adds colours after the text was measured and cut, because colour sequences take no
 * width.
 */
export type Cell = { text: string; paint?: (text: string) => string };
export type Column = {
  title: string;
  /**
   * Least width in cells to which a narrow terminal cuts a column of a table. Default: the column is never cut.
   */
  shrinkTo?: number;
  /** The part of a table cell's text that stays when the text is cut: its start or its end. Default: start. */
  keep?: 'start' | 'end';
};

/** Number of spaces between two columns of a table. */
const gap = 2;

/**
 * Returns the widths of a table's columns. The last columns are made narrower first, as far as each may shrink, until
 * the table fits into `available` cells.
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

const renderRow = (columns: Column[], widths: number[], cells: Cell[], measure: CellWidth): string => {
  const rendered = cells.map((cell, index) => {
    const width = widths[index] ?? 0;
    const text = cut(cell.text, width, measure, columns[index]?.keep);
    const padding = index === cells.length - 1 ? '' : ' '.repeat(width - measure(text));
    return (cell.paint ? cell.paint(text) : text) + padding;
  });
  return rendered.join(' '.repeat(gap)).trimEnd();
};

/**
 * Returns the lines of a table with aligned columns.
 * @param available width of the terminal in cells; undefined cuts no cell of the table
 * @param bold styles the titles of the columns
 */
export const table = async (
  columns: Column[],
  rows: Cell[][],
  available: number | undefined,
  bold: Cell['paint'],
): Promise<string[]> => {
  const header = columns.map(({ title }): Cell => (bold ? { text: title, paint: bold } : { text: title }));
  const all = [header, ...rows];
  const measure = await cellWidthFor(all.flatMap((row) => row.map(({ text }) => text)));
  const natural = columns.map((_, index) => Math.max(...all.map((row) => measure(row[index]?.text ?? ''))));
  const widths = available === undefined ? natural : fit(columns, natural, available);
  return all.map((row) => renderRow(columns, widths, row, measure));
};
