export type Page = { items: string[]; link: Record<string, string> };

/**
 * Returns the part of a sorted list that the query parameters `n` and `last` select, and the Link header to the next
 * part.
 * @see OCI distribution specification 1.1, "Listing Tags"
 */
export const page = (sorted: string[], url: URL): Page => {
  const last = url.searchParams.get('last');
  const asked = url.searchParams.get('n') ?? '';
  const size = /^\d+$/.test(asked) ? Number(asked) : sorted.length;
  const rest = last === null ? sorted : sorted.filter((item) => item > last);
  const items = rest.slice(0, size);
  const end = items.at(-1);
  if (rest.length === items.length || end === undefined) return { items, link: {} };
  const next = `${url.pathname}?n=${size}&last=${encodeURIComponent(end)}`;
  return { items, link: { link: `<${next}>; rel="next"` } };
};

export type Range = { start: number; end: number };

/**
 * Parses a Range header with one range of bytes, both ends included. Several ranges or another unit mean the whole
 * blob, for which the result is undefined.
 * @see RFC 9110, 14.1.2
 */
export const readRange = (header: string | undefined, size: number): Range | 'unsatisfiable' | undefined => {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    return Number(last) === 0 || size === 0
      ? 'unsatisfiable'
      : { start: Math.max(size - Number(last), 0), end: size - 1 };
  }
  const [start, end] = [Number(first), last === '' ? size - 1 : Math.min(Number(last), size - 1)];
  if (last !== '' && Number(last) < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, end };
};
