import fc from 'fast-check';

/** Pattern of a tool's name in the OpenAPI contract. */
export const toolPattern = /^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$/;

const longTool = fc
  .array(fc.constantFrom('-', '_', '--', 'a', 'b', '0', 'char'), { minLength: 20, maxLength: 250 })
  .map((parts) => `a${parts.join('').slice(0, 254)}z`);

/** Names of tools, short and long, with many separators. */
export const toolName: fc.Arbitrary<string> = fc.oneof(
  fc.stringMatching(/^[a-z]([-_ab0]{0,12}[a-z0-9])?$/),
  fc.stringMatching(toolPattern),
  longTool,
);

type Edit = (name: string) => string;

const inserted = fc.constantFrom('x', '-', '_', '-x', 'charsep', 'char-sep', '0', 'a');
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(fc.nat(255), inserted).map(
    ([at, text]): Edit =>
      (name) =>
        name.slice(0, at) + text + name.slice(at),
  ),
  fc.constantFrom('x', 'charsep', 'q').map(
    (text): Edit =>
      (name) =>
        name.replace(/[-_](?=[-_])/, `$&${text}`),
  ),
  fc.nat(255).map(
    (at): Edit =>
      (name) =>
        name.slice(0, at) + name.slice(at + 1),
  ),
  fc.constant<Edit>((name) => name.replace('-', '_')),
  fc.constant<Edit>((name) => name.replace('_', '-')),
  fc.constant<Edit>((name) => name.replaceAll('_', '-')),
  fc.tuple(fc.nat(255), fc.stringMatching(/^[a-f0-9]{1,8}$/)).map(
    ([at, end]): Edit =>
      (name) =>
        name.slice(0, at) + end,
  ),
);

/**
 * Makes pairs of different tools whose names are alike: one is made from the other by inserting, removing and replacing
 * parts, or is what a tool could register to spell a name that is made from the other tool's name.
 * @param mappings functions that make a name from a tool's name
 */
export const similarTools = (mappings: readonly ((tool: string) => string)[]): fc.Arbitrary<[string, string]> => {
  const spelled = fc.tuple(fc.constantFrom(...mappings), fc.constantFrom('', '-', '_', 'x')).map(
    ([map, dot]): Edit =>
      (name) =>
        map(name)
          .replace(/^tool-/, '')
          .replaceAll('.', dot),
  );
  return fc
    .tuple(toolName, fc.array(fc.oneof(edit, spelled), { minLength: 1, maxLength: 3 }))
    .map(([tool, edits]): [string, string] => [tool, edits.reduce((name, change) => change(name), tool)])
    .filter(([tool, other]) => tool !== other && toolPattern.test(other));
};
