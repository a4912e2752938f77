export type Cell = { text: string; paint?: (text: string) => string };
export type Column = {
  title: string;
  /** Narrower than this it is not made; columns without it are never cut. */
  shrinkTo?: number;
  /** What stays when the cell is cut. */
  keep?: 'start' | 'end';
};

const length = (text: string) => [...text].length;

/** Cuts to `width` characters, with … where something is missing. */
export function cut(text: string, width: number, keep: 'start' | 'end' = 'start'): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  if (keep === 'start') return `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
  return `…${characters.slice(characters.length - Math.max(0, width - 1)).join('')}`;
}

const GAP = 2;

/** Widths that fit into `columns` as far as the columns may shrink: the last shrinks first. */
function fit(columns: Column[], natural: number[], available: number): number[] {
  const widths = [...natural];
  let excess = natural.reduce((sum, width) => sum + width + GAP, -GAP) - available;
  for (let index = columns.length - 1; index >= 0 && excess > 0; index--) {
    const least = columns[index]?.shrinkTo ?? Number.POSITIVE_INFINITY;
    const gain = Math.min(excess, Math.max(0, (widths[index] ?? 0) - least));
    widths[index] = (widths[index] ?? 0) - gain;
    excess -= gain;
  }
  return widths;
}

function renderRow(columns: Column[], widths: number[], cells: Cell[]): string {
  const rendered = cells.map((cell, index) => {
    const width = widths[index] ?? 0;
    const text = cut(cell.text, width, columns[index]?.keep);
    const padding = index === cells.length - 1 ? '' : ' '.repeat(width - length(text));
    return (cell.paint ? cell.paint(text) : text) + padding;
  });
  return rendered.join(' '.repeat(GAP)).trimEnd();
}

/** An aligned table, one string a line. `available` is the terminal's width; undefined cuts nothing. */
export function table(columns: Column[], rows: Cell[][], available: number | undefined, bold: Cell['paint']): string[] {
  const header = columns.map(({ title }): Cell => (bold ? { text: title, paint: bold } : { text: title }));
  const all = [header, ...rows];
  const natural = columns.map((_, index) => Math.max(...all.map((row) => length(row[index]?.text ?? ''))));
  const widths = available === undefined ? natural : fit(columns, natural, available);
  return all.map((row) => renderRow(columns, widths, row));
}

/** `Name:   value`, values under each other; further lines of a value are indented. */
export function fields(pairs: Array<[string, Cell[]]>): string[] {
  const width = Math.max(...pairs.map(([name]) => length(name))) + 1 + GAP;
  return pairs.flatMap(([name, values]) =>
    values.map((value, index) => {
      const label = (index === 0 ? `${name}:` : '').padEnd(width);
      return (label + (value.paint ? value.paint(value.text) : value.text)).trimEnd();
    }),
  );
}
