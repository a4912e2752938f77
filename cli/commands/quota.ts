import type { QuotaCategoryItem } from '../../openapi/generated/types.ts';
import { flag, printJson, printMessages, type Run } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { printable } from '../printable.ts';
import { type Cell, type Column, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const quotaColumns: Column[] = ['CATEGORY', 'ITEM', 'LIMIT', 'USED', 'AVAILABLE', 'CAPACITY'].map((title) => ({
  title,
}));

const plainCell = (text: string): Cell => ({ text: printable(text) });

/** Returns the table cell with the used share of a quota in percent: yellow from 75 %, red from 90 %. */
const capacityCell = (text: string, { paint }: Terminal): Cell => {
  const percent = Number.parseFloat(text);
  if (percent >= 90) return { ...plainCell(text), paint: (cell) => paint('red', cell) };
  return percent >= 75 ? { ...plainCell(text), paint: (cell) => paint('yellow', cell) } : plainCell(text);
};

const row = (category: string, item: QuotaCategoryItem, terminal: Terminal): Cell[] => [
  ...[category, item.name, item.limit, item.used, item.available].map(plainCell),
  capacityCell(item.capacity, terminal),
];

/** Runs the command `quota`, which prints how much of each quota the tool uses. */
export const quota: Run = async (context, { values }) => {
  const { api } = await context.connect();
  const response = await api.quota();
  if (flag(values, 'json')) {
    printJson(context, response);
    return exitCodes.ok;
  }
  const { terminal } = context;
  printMessages(context, response.messages);
  const rows = response.quota.categories.flatMap(({ name, items }) => items.map((item) => row(name, item, terminal)));
  for (const line of table(quotaColumns, rows, terminal.columns, (text) => terminal.paint('bold', text)))
    terminal.out(line);
  return exitCodes.ok;
};
