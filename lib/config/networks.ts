const octet = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const group = '[0-9a-fA-F]{1,4}';

/** Forms of an IPv6 address: eight groups, or fewer groups around `::`. */
const ipv6Forms = [
  `(${group}:){7}${group}`,
  `(${group}:){1,7}:`,
  `:(:${group}){1,7}`,
  '::',
  ...[1, 2, 3, 4, 5, 6].map((before) => `(${group}:){1,${before}}(:${group}){1,${7 - before}}`),
];

/** Regular expressions of address ranges such as 10.0.0.0/8 and fd00::/8. */
export const networkPatterns = {
  ipv4: `${octet}(\\.${octet}){3}/(3[0-2]|[12]?[0-9])`,
  ipv6: `(${ipv6Forms.join('|')})/(12[0-8]|1[01][0-9]|[1-9]?[0-9])`,
} as const;

/** Regular expression of an address range of either kind. */
export const networkPattern = `^(${networkPatterns.ipv4}|${networkPatterns.ipv6})$`;
const network = new RegExp(networkPattern);

const ipv6Groups = (address: string): number[] => {
  const [left = [], right = []] = address
    .split('::')
    .map((half) => half.split(':').flatMap((text) => (text ? [Number.parseInt(text, 16)] : [])));
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
};

/**
 * Tells whether a text is an address range, written with its first address. A range such as 10.1.2.3/8 is refused,
 * because its author may have meant the single address.
 */
export const isNetwork = (text: string): boolean => {
  if (!network.test(text)) return false;
  const [address = '', bits = ''] = text.split('/');
  const size = address.includes(':') ? 16 : 8;
  const groups = size === 16 ? ipv6Groups(address) : address.split('.').map(Number);
  return groups.every((value, at) => {
    const free = Math.min(size, Math.max(0, size * (at + 1) - Number(bits)));
    return value % 2 ** free === 0;
  });
};
