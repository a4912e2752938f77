import fc from 'fast-check';

type Edit = { at: number; length: number; text: Buffer };

/** Texts at which parsers tend to go wrong: ends, control characters, invisible characters, numbers, nesting. */
const provocations = [
  ...['\0', '\n', '\r\n', '\t', ' ', '\u007f', '\u0085', '\u2028', '\u202e', '\ufeff', '\u200b', '\ud83d\ude00'],
  ...['"', "'", '\\', '/', '..', '%', '%00', '%2f', '#', ':', '=', '@', '[', '{', '}', ']', ',', '$(id)', '`id`'],
  ...['-1', '0', '1e999', '9'.repeat(20), 'null', 'true', '__proto__', 'constructor', 'toString', '[['.repeat(50)],
].map((text) => Buffer.from(text));

const inserted = fc.oneof(
  fc.constantFrom(...provocations),
  fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  fc.constant(Buffer.alloc(0)),
);

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(10_000),
  length: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(1000)),
  text: inserted,
});

const apply = (bytes: Buffer, { at, length, text }: Edit): Buffer => {
  const start = at % (bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, start), text, bytes.subarray(start + length)]);
};

/**
 * Makes bytes that are almost valid: a sample with up to six parts removed, replaced or inserted. Almost valid bytes
 * reach more of a parser's code than random bytes.
 */
export const mutated = (...samples: readonly string[]): fc.Arbitrary<Buffer> =>
  fc
    .tuple(fc.constantFrom(...samples), fc.array(edit, { maxLength: 6 }))
    .map(([sample, edits]) => edits.reduce(apply, Buffer.from(sample)));
