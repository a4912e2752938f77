import { BodyTooLargeError } from '../bounded-body.ts';

/**
 * Limit for one item of a list, and for all that a list has beside its items, in bytes: 64 MiB. etcd stores objects of
 * up to 1.5 MiB unless an administrator has raised its limit.
 */
const maxPartBytes = 64 * 1024 * 1024;

const quote = 0x22;
const backslash = 0x5c;
const openingBracket = 0x5b;
const isOpening = (byte: number): boolean => byte === openingBracket || byte === 0x7b;
const isClosing = (byte: number): boolean => byte === 0x5d || byte === 0x7d;

/** Tells whether an odd number of backslashes stands in front of an index, and none of them before `from`. */
const isEscapedAt = (chunk: Buffer, from: number, index: number): boolean => {
  let first = index;
  while (first > from && chunk[first - 1] === backslash) first -= 1;
  return (index - first) % 2 === 1;
};

/** Depth of the brackets around the array `items`, and around one item. */
const listDepth = 1;
const itemsDepth = 2;
const itemDepth = 3;

/** Matches the end of the text in front of the array `items`. No other array of a list stands at the same depth. */
const itemsKey = /"items"\s*:\s*$/;

/** Collects the bytes of one part of a list from the chunks that the part reaches over. */
class Part {
  #chunks: Buffer[] = [];
  #bytes = 0;

  add(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > maxPartBytes) throw new BodyTooLargeError(maxPartBytes);
    if (chunk.length > 0) this.#chunks.push(chunk);
  }

  text(): string {
    return (this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks)).toString('utf8');
  }

  /** Returns the collected text, and begins a new part. */
  take(): string {
    const text = this.text();
    this.#chunks = [];
    this.#bytes = 0;
    return text;
  }
}

/**
 * Parses the JSON of a list of Kubernetes objects while it arrives, and holds one item of the list in memory at a time.
 * Items are found by counting brackets, and JSON.parse parses each item: parsers that build values from a stream take
 * several times as long.
 */
export class ListParser<T> {
  readonly #visit: (item: T) => void;
  /** All of the list but its items: JSON of a list with an empty array `items`. */
  readonly #envelope = new Part();
  readonly #item = new Part();
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  #inItems = false;
  /** Index in the current chunk where the part begins that is not collected yet. */
  #from = 0;

  /** @param visit gets each item in the order of the list */
  constructor(visit: (item: T) => void) {
    this.#visit = visit;
  }

  /** Parses the next chunk of the list. @throws SyntaxError for an item that is no JSON, and the error of `visit` */
  push(chunk: Buffer): void {
    // An empty chunk has no first byte that a backslash at the end of the chunk before could escape.
    if (chunk.length === 0) return;
    this.#from = 0;
    for (let at = this.#inString ? this.#endOfString(chunk, 0) + 1 : 0; at < chunk.length; at += 1) {
      const byte = chunk[at] as number;
      if (byte === quote) at = this.#endOfString(chunk, at + 1);
      else if (isOpening(byte)) this.#open(chunk, at);
      else if (isClosing(byte)) this.#close(chunk, at);
    }
    this.#collect(chunk, chunk.length);
  }

  /** Tells whether the list has ended. */
  get isComplete(): boolean {
    return this.#depth === 0 && this.#envelope.text().trim() !== '';
  }

  /** Returns the list without its items. @throws SyntaxError where the list is no JSON */
  end(): unknown {
    return JSON.parse(this.#envelope.text());
  }

  /**
   * Returns the index of the quotation mark that ends a string. Returns the length of the chunk for a string that goes
   * on in the next chunk.
   */
  #endOfString(chunk: Buffer, from: number): number {
    const start = this.#isEscaped ? from + 1 : from;
    let end = chunk.indexOf(quote, start);
    while (end >= 0 && isEscapedAt(chunk, start, end)) end = chunk.indexOf(quote, end + 1);
    this.#inString = end < 0;
    this.#isEscaped = end < 0 && isEscapedAt(chunk, start, chunk.length);
    return end < 0 ? chunk.length : end;
  }

  /** Collects the chunk up to an index. What stands between two items is dropped. */
  #collect(chunk: Buffer, end: number): void {
    const bytes = chunk.subarray(this.#from, end);
    if (!this.#inItems) this.#envelope.add(bytes);
    else if (this.#depth >= itemDepth) this.#item.add(bytes);
    this.#from = end;
  }

  #open(chunk: Buffer, at: number): void {
    if (this.#depth === listDepth && chunk[at] === openingBracket && !this.#inItems) {
      this.#collect(chunk, at + 1);
      this.#inItems = itemsKey.test(this.#envelope.text().slice(0, -1));
    } else if (this.#inItems && this.#depth === itemsDepth) this.#from = at;
    this.#depth += 1;
  }

  #close(chunk: Buffer, at: number): void {
    if (this.#inItems && this.#depth === itemDepth) {
      this.#collect(chunk, at + 1);
      this.#visit(JSON.parse(this.#item.take()) as T);
    } else if (this.#inItems && this.#depth === itemsDepth) {
      this.#inItems = false;
      this.#from = at;
    }
    this.#depth -= 1;
  }
}
