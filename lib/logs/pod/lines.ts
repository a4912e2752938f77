/** A line of a container's log with the kubelet's timestamp, or a part of one. */
export type RawLine = {
  /** RFC 3339 with up to nanoseconds; '' when the kubelet put none before it: then the text is the kubelet's own word. */
  time: string;
  text: string;
  /** The next piece belongs to the same line. */
  more: boolean;
};

export type Lines = {
  /** The lines that these bytes end. */
  push(bytes: Uint8Array): RawLine[];
  /** What came after the last line feed, as a line. Nothing can be pushed afterwards. */
  rest(): RawLine[];
};

/** Characters (UTF-16 units) of a line that are kept together. */
export const maxLineLength = 65_536;

const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
const longestStamp = 40;

const splitStamp = (line: string): { time: string; body: string } => {
  const space = line.indexOf(' ');
  const time = space < 0 ? line : line.slice(0, space);
  if (time.length > longestStamp || !stamp.test(time)) return { time: '', body: line };
  return { time, body: space < 0 ? '' : line.slice(space + 1) };
};

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;

/**
 * Splits what pods/log sends with `timestamps=true` at line feeds only, the same however the bytes were cut. Bytes that
 * are not UTF-8 become U+FFFD as the WHATWG decoder does it. The kubelet joins the parts that a container runtime
 * splits long lines into (CRI tag P), so a line comes whole; one longer than the limit leaves here in pieces, and is
 * never held whole.
 */
export const createLines = (limit: number = maxLineLength): Lines => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let rest = '';
  /** The timestamp of the line whose first pieces have left already. */
  let open: string | undefined;

  const cut = (line: string, out: RawLine[]): { time: string; body: string } => {
    const { time, body } = open === undefined ? splitStamp(line) : { time: open, body: line };
    let start = 0;
    while (body.length - start > limit) {
      const end = start + limit - (isHighSurrogate(body.charCodeAt(start + limit - 1)) ? 1 : 0);
      out.push({ time, text: body.slice(start, end), more: true });
      start = end;
    }
    return { time, body: start === 0 ? body : body.slice(start) };
  };

  const finish = (line: string, out: RawLine[]): void => {
    const { time, body } = cut(line, out);
    out.push({ time, text: body, more: false });
    open = undefined;
  };

  return {
    push: (bytes) => {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      const out: RawLine[] = [];
      for (const line of lines) finish(line, out);
      if (rest.length > limit + longestStamp) {
        const { time, body } = cut(rest, out);
        open = time;
        rest = body;
      }
      return out;
    },
    rest: () => {
      rest += decoder.decode();
      const out: RawLine[] = [];
      if (rest !== '' || open !== undefined) finish(rest, out);
      return out;
    },
  };
};
