import type { QuotaCategoryItem } from '../../openapi/generated/types.ts';
import { flag, printJson, printMessages, type Run } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { printable } from '../printable.ts';
import type { Style, Terminal } from '../terminal.ts';

/** Width of the names in the output, in characters. */
const nameWidth = 13;

/** Returns the colour for a used share of a quota in percent: yellow from 75 %, red from 90 %. */
const colourOf = (capacity: string): Style | undefined => {
  const percent = Number.parseFloat(capacity);
  if (percent >= 90) return 'red';
  return percent >= 75 ? 'yellow' : undefined;
};

/**
 * Returns the lines about one quota. Scripts search them, so each value follows its name on a line of its own, as in
 * Toolforge's Python client.
 */
const linesOf = (category: string, item: QuotaCategoryItem, { paint }: Terminal): string[] => {
  const line = (name: string, value: string | undefined): string => name.padEnd(nameWidth) + printable(value || 'N/A');
  const colour = colourOf(item.capacity ?? '');
  const capacity = line('Capacity', item.capacity);
  return [
    paint('bold', printable(`${category}: ${item.name}`)),
    line('Limit', item.limit),
    line('Used', item.used),
    line('Available', item.available),
    colour === undefined ? capacity : paint(colour, capacity),
  ];
};

/** Returns the lines that `toolforge-build quota` prints: a bar for each quota on a terminal, else a line for each value. */
const quotaText = async (items: ReadonlyArray<{ name: string; item: QuotaCategoryItem }>, terminal: Terminal) => {
  if (items.length === 0) return 'There are no quotas.';
  if (terminal.columns === undefined)
    return items.map(({ name, item }) => linesOf(name, item, terminal).join('\n')).join('\n\n');
  const { quotaBars } = await import('../quota-bars.ts');
  return (await quotaBars(items, terminal, colourOf)).join('\n');
};

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
  const items = response.quota.categories.flatMap(({ name, items }) => items.map((item) => ({ name, item })));
  terminal.out(await quotaText(items, terminal));
  return exitCodes.ok;
};
