import type { QuotaItem } from '../../openapi/generated/types.ts';
import { flag, printJson, type Run, tellMessages } from '../context.ts';
import { EXIT } from '../failure.ts';
import { neutral } from '../plain.ts';
import { type Cell, type Column, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const COLUMNS: Column[] = ['CATEGORY', 'ITEM', 'LIMIT', 'USED', 'AVAILABLE', 'CAPACITY'].map((title) => ({ title }));

const plain = (text: string): Cell => ({ text: neutral(text) });

function capacity(text: string, { paint }: Terminal): Cell {
  const percent = Number.parseFloat(text);
  if (percent >= 90) return { ...plain(text), paint: (cell) => paint('red', cell) };
  return percent >= 75 ? { ...plain(text), paint: (cell) => paint('yellow', cell) } : plain(text);
}

const row = (category: string, item: QuotaItem, terminal: Terminal): Cell[] => [
  ...[category, item.name, item.limit, item.used, item.available].map(plain),
  capacity(item.capacity, terminal),
];

/** Prints what the tool uses and may use. */
export const quota: Run = async (context, { values }) => {
  const { api } = await context.connect();
  const answer = await api.quota();
  if (flag(values, 'json')) {
    printJson(context, answer);
    return EXIT.ok;
  }
  const { terminal } = context;
  tellMessages(context, answer.messages);
  const rows = answer.quota.categories.flatMap(({ name, items }) => items.map((item) => row(name, item, terminal)));
  for (const line of table(COLUMNS, rows, terminal.columns, (text) => terminal.paint('bold', text))) terminal.out(line);
  return EXIT.ok;
};
