/** A part of a line in one style: the codes of its colour sequence, such as `2` for dim text. No codes: plain. */
export type Span = { text: string; codes: string };

const escapeCode = '\u001b';
const eraseLine = `\r${escapeCode}[2K`;
const colour = new RegExp(`${escapeCode}\\[([0-9;]*)m`);
const otherSequences = new RegExp(`\u0007|${escapeCode}\\[[0-9;?]*[A-Za-ln-z]`, 'g');

/** Returns the last state of a line that a program has erased and drawn again. */
const lastState = (line: string): string => line.split(eraseLine).at(-1) ?? '';

const spansOf = (line: string): Span[] => {
  const parts = line.replace(otherSequences, '').split(colour);
  const spans: Span[] = [];
  for (let at = 0; at < parts.length; at += 2) {
    const codes = at === 0 ? '' : (parts[at - 1] ?? '');
    const text = parts[at] ?? '';
    if (text !== '') spans.push({ text, codes: codes === '0' ? '' : codes });
  }
  return spans;
};

/** Splits a line where a terminal wraps it. */
const wrap = (spans: Span[], columns: number): Span[][] => {
  const rows: Span[][] = [[]];
  let used = 0;
  for (const { text, codes } of spans) {
    let rest = [...text];
    while (rest.length > 0) {
      if (used === columns) {
        rows.push([]);
        used = 0;
      }
      const part = rest.slice(0, columns - used);
      rows.at(-1)?.push({ text: part.join(''), codes });
      used += part.length;
      rest = rest.slice(part.length);
    }
  }
  return rows;
};

/** Returns the rows that a terminal shows of a program's output. Each character must take one cell. */
export const rowsOf = (output: string, columns: number): Span[][] =>
  output
    .trimEnd()
    .split('\r\n')
    .flatMap((line) => wrap(spansOf(lastState(line)), columns));
