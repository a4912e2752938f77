import type { Span } from './invisible.ts';
import { type LineTracker, logPrefixLength } from './line-tracker.ts';
import { isLiteral, isPasswordText, isRandom, isStrong, isTokenText } from './rules/judge.ts';
import { passwordName, secretName } from './rules/names.ts';
import { mergeSpans, nothingNamed } from './secret-finder.ts';

/** Limit for the rows of one table. */
const maxRows = 4096;
/** Limit for the length of a header or a row, in characters. */
const maxLength = 8192;

/** A cell of a row: its text without spaces and quotation marks, and the place of that text in the line. */
type Cell = { text: string; span: Span };

/** How the cells of a row are separated. */
type Separator = 'bar' | 'tab' | 'comma' | 'semicolon' | 'gap';

/** A column of secrets: its index, its offset in the line, and whether the secrets are passwords. */
type Column = { index: number; offset: number; isPassword: boolean };

/** The table that the next line may continue. `ruled`: a line was drawn under the header. */
type Table = { separator: Separator; cells: number; columns: readonly Column[]; left: number; isRuled: boolean };

const quotedOrPlain = (mark: string): RegExp =>
  new RegExp(`"(?:[^"]|"")*"|'[^']*'|[^${mark}]+|(?<=${mark}|^)(?=${mark}|$)`, 'g');

const cellPatterns: Readonly<Record<Separator, RegExp>> = {
  bar: /[^|│┃║]+/g,
  tab: quotedOrPlain('\t'),
  comma: quotedOrPlain(','),
  semicolon: quotedOrPlain(';'),
  gap: /\S+(?: \S+)*/g,
};

const edges = new Set([...' \t"\'`']);

const trimmed = (text: string, start: number): Cell => {
  let [from, to] = [0, text.length];
  while (from < to && edges.has(text.charAt(from))) from += 1;
  while (to > from && edges.has(text.charAt(to - 1))) to -= 1;
  return { text: text.slice(from, to), span: [start + from, start + to] };
};

/** Returns the cells of a row. The bars around a row are no cells. */
const cellsOf = (line: string, from: number, separator: Separator): Cell[] => {
  const text = separator === 'bar' ? line.replace(/^[\s|│┃║]+/, (edge) => ' '.repeat(edge.length)).trimEnd() : line;
  return [...text.slice(from).matchAll(cellPatterns[separator])].map(({ 0: cell, index }) =>
    trimmed(cell, from + index),
  );
};

const separators: readonly (readonly [Separator, RegExp])[] = [
  ['bar', /[|│┃║]/],
  ['tab', /\t/],
  ['comma', /,/],
  ['semicolon', /;/],
  ['gap', /\S {2,}\S/],
];

/** Characters that no header has. Most lines have one of them, so that they are refused early. */
const notInHeader = /[=(){}<>/\\$@:!?*[\]%&^~+]|[^\t -~|│┃║]/;
const headerCell = /^[A-Za-z_][\w .#-]{0,40}$/;
const secretCell = new RegExp(`^[\\w .-]{0,40}?${secretName}$`, 'i');
/** Headers of the results of tests, in which `pass` is a number. */
const resultCell = /^(?:fail|skip|error)/i;
const foreignCell = /^(?:passwort|kennwort|contrasena|senha|wachtwoord|heslo)$/i;
const passwordCell = new RegExp(`^[\\w .-]{0,40}?${passwordName}$`, 'i');

const columnsOf = (cells: readonly Cell[]): Column[] =>
  cells.flatMap(({ text, span }, index) => {
    const isPassword = passwordCell.test(text) || foreignCell.test(text);
    return isPassword || secretCell.test(text) ? [{ index, offset: span[0], isPassword }] : [];
  });

/** Returns the table whose header a line is, if one of its columns is named like a secret. */
const tableOf = (text: string): Table | undefined => {
  if (text.length > maxLength) return undefined;
  const from = logPrefixLength(text);
  if (notInHeader.test(from > 0 ? text.slice(from) : text)) return undefined;
  const separator = separators.find(([, pattern]) => pattern.test(text.slice(from)))?.[0];
  if (!separator) return undefined;
  const cells = cellsOf(text, from, separator);
  if (cells.length < 2 || !cells.every((cell) => headerCell.test(cell.text))) return undefined;
  if (cells.some((cell) => resultCell.test(cell.text))) return undefined;
  const columns = columnsOf(cells);
  return columns.length > 0 ? { separator, cells: cells.length, columns, left: maxRows, isRuled: false } : undefined;
};

const ruler = /^[\s|│┃║+─━═┌┐└┘├┤┬┴┼╞╪╡╔╗╚╝╠╣╦╩╬┏┓┗┛┣┫┳┻╋_:=-]{3,}$/;

const isSecretCell = ({ text }: Cell, { isPassword }: Column): boolean =>
  isPassword
    ? isPasswordText(text) && isLiteral(text) && !/^\d{4}-\d\d-\d\d|^\w+\(\d+\)$/.test(text)
    : isTokenText(text) || isStrong(text);

/** Says whether a cell of a table with gaps is in a column: it begins where the header's cell begins. */
const isInColumn = (cell: Cell, column: Column, table: Table): boolean =>
  table.separator !== 'gap' || (isRandom(cell.text) && (table.isRuled || cell.span[0] === column.offset));

const secretsOf = (text: string, table: Table): Span[] | undefined => {
  const cells = cellsOf(text, logPrefixLength(text), table.separator);
  if (cells.length !== table.cells) return undefined;
  return table.columns.flatMap((column) => {
    const cell = cells[column.index];
    return cell && isInColumn(cell, column, table) && isSecretCell(cell, column) ? [cell.span] : [];
  });
};

/** Masks the columns of tables, also of CSV, whose header names a secret. */
export const createTableColumns = (): LineTracker => {
  let table: Table | undefined;
  return {
    add: (text, found) => {
      if (table && ruler.test(text.slice(logPrefixLength(text)))) {
        table = { ...table, isRuled: true };
        return found;
      }
      const secrets = table && table.left > 0 && text.length <= maxLength ? secretsOf(text, table) : undefined;
      if (table && secrets) table = { ...table, left: table.left - 1 };
      else table = found === nothingNamed ? undefined : tableOf(text);
      if (!secrets || secrets.length === 0) return found;
      return mergeSpans([...found, ...secrets]);
    },
    reset: () => {
      table = undefined;
    },
    get isAtRest() {
      return table === undefined;
    },
  };
};
