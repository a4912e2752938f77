import type { QuotaCategoryItem } from '../openapi/generated/types.ts';
import { printable } from './printable.ts';
import { type Cell, type Column, table } from './table.ts';
import type { Style, Terminal } from './terminal.ts';

/** A quota, and the name of its category, such as Builds. */
type Quota = { name: string; item: QuotaCategoryItem };

/** Widest and narrowest bar in cells. */
const widestBar = 30;
const narrowestBar = 6;
/** Cells of the three gaps between the columns. */
const gaps = 6;

/** Returns a size of the API, such as "960.00Mi" or "1.50Gi", with a blank and the unit's full name: "960 MiB", "1.5 GiB". */
const sizeText = (value: string): string => {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)([KMGTP]i|B)$/.exec(value) ?? [];
  if (unit === '') return value;
  return `${Number(number)} ${unit === 'B' ? 'B' : `${unit}B`}`;
};

/** Returns a value with its unit. Whole numbers count the things that the category is about, such as builds. */
const withUnit = (value: string, category: string): string => {
  if (!/^\d+$/.test(value)) return sizeText(value);
  const unit = category.toLowerCase();
  return `${value} ${value === '1' ? unit.replace(/s$/, '') : unit}`;
};

const amounts = ({ name, item }: Quota): string => {
  const { used = '?', limit = '?', available = '?' } = item;
  if (limit === 'Unlimited') return `${withUnit(used, name)}, no limit`;
  const sameUnit = /^\d+$/.test(used) && /^\d+$/.test(limit) ? used : withUnit(used, name);
  return `${sameUnit} of ${withUnit(limit, name)}, ${withUnit(available, name)} free`;
};

/** Returns the width of all bars, where so many cells are left for them. */
const barWidth = (left: number): number => Math.min(widestBar, Math.max(narrowestBar, left));

/** Returns a bar for a share in percent; an empty text for a share that is no number. */
const bar = (percent: number, width: number): string => {
  if (Number.isNaN(percent)) return '';
  const full = Math.min(width, Math.max(percent > 0 ? 1 : 0, Math.floor((percent / 100) * width)));
  return '█'.repeat(full) + '░'.repeat(width - full);
};

const columns: Column[] = [
  { title: 'QUOTA' },
  { title: '', drop: 1 },
  { title: 'USED' },
  { title: '', shrinkTo: 12, drop: 2 },
];

/**
 * Returns a table with a bar for each quota.
 * @param colourOf colour for a used share such as "42%"
 */
export const quotaBars = (
  quotas: readonly Quota[],
  terminal: Terminal,
  colourOf: (capacity: string) => Style | undefined,
): Promise<string[]> => {
  const rows = quotas.map((quota) => ({
    name: printable(`${quota.name}: ${quota.item.name}`),
    capacity: printable(quota.item.capacity?.replace(/%$/, ' %') ?? '') || '-',
    amounts: printable(amounts(quota)),
    style: colourOf(quota.item.capacity ?? '') ?? 'green',
  }));
  const others = Math.max(...rows.map((row) => row.name.length)) + Math.max(...rows.map((row) => row.amounts.length));
  const shares = Math.max(...rows.map((row) => row.capacity.length));
  const width = barWidth((terminal.columns ?? Number.POSITIVE_INFINITY) - others - shares - gaps);
  const cells = rows.map(({ name, capacity, amounts: text, style }): Cell[] => {
    const paint = (part: string) => terminal.paint(style, part);
    return [
      { text: name },
      { text: bar(Number.parseFloat(capacity), width), paint },
      { text: capacity, paint },
      { text },
    ];
  });
  return table(columns, cells, terminal.columns, (text) => terminal.paint('bold', text));
};
