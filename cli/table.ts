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
  /**
   * Order in which a table leaves out whole columns that a narrow terminal has no room for: the highest number first.
   * Default: the column is never left out.
   */
  drop?: number;
};

/** Number of spaces between two columns of a table. */
const gap = 2;

/** Returns the width of a row in cells, with the gaps between its columns. */
const rowWidth = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width + gap, -gap);

/**
 * Returns the indexes of the columns that have room on a terminal of `available` cells. Rather than cut a column that is
 * never left out, a table leaves out the others.
 */
const columnsWithRoom = (columns: Column[], natural: number[], available: number): number[] => {
  const least = columns.map(({ shrinkTo = Number.POSITIVE_INFINITY, drop }, at) =>
    Math.min(natural[at] ?? 0, drop === undefined ? Number.POSITIVE_INFINITY : shrinkTo),
  );
  let shown = columns.map((_, at) => at);
  while (rowWidth(shown.map((at) => least[at] ?? 0)) > available) {
    const last = Math.max(...shown.map((at) => columns[at]?.drop ?? 0));
    if (last <= 0) break;
    shown = shown.filter((at) => columns[at]?.drop !== last);
  }
  return shown;
};

/**
 * Returns the widths of a table's columns. The last columns are made narrower first, as far as each may shrink, until
 * the table fits into `available` cells.
 */
const fit = (columns: Column[], natural: number[], available: number): number[] => {
  const widths = [...natural];
  let excess = rowWidth(natural) - available;
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

/** The columns of a table that are shown, with their cells in each row. */
type Selected = { columns: Column[]; rows: Cell[][]; natural: number[] };

const select = ({ columns, rows, natural }: Selected, available: number): Selected => {
  const shown = columnsWithRoom(columns, natural, available);
  const only = <T>(items: readonly T[]): T[] => shown.flatMap((at) => items.slice(at, at + 1));
  return { columns: only(columns), rows: rows.map(only), natural: only(natural) };
};

/**
 * Returns the lines of a table with aligned columns.
 * @param available width of the terminal in cells; undefined cuts no cell of the table, and leaves out no column
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
  const whole: Selected = { columns, rows: all, natural };
  const shown = available === undefined ? whole : select(whole, available);
  const widths = available === undefined ? natural : fit(shown.columns, shown.natural, available);
  return shown.rows.map((row) => renderRow(shown.columns, widths, row, measure));
};
