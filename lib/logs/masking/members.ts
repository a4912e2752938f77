/** A text within the value of a variable, and the name that says what the text is. */
export type Named = { name: string; text: string };

/** Limit for the number of texts in one JSON value. */
const maxMembers = 1024;

const parse = (text: string): unknown => {
  if (!/^\s*[[{"]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const entriesOf = (name: string, value: object): [string, unknown][] =>
  Array.isArray(value) ? value.map((element) => [name, element]) : Object.entries(value);

/**
 * Returns the texts and numbers of a JSON value with the names of their members; an element of a list has the list's
 * name. Without JSON the list is empty. A queue instead of recursion serves, because JSON can be nested deeply.
 */
export const membersOf = ({ name, text }: Named): Named[] => {
  const queue: [string, unknown][] = [[name, parse(text)]];
  const members: Named[] = [];
  for (const [key, value] of queue) {
    if (members.length >= maxMembers || queue.length > 4 * maxMembers) break;
    if (typeof value === 'string' || typeof value === 'number') members.push({ name: key, text: String(value) });
    else if (value && typeof value === 'object') queue.push(...entriesOf(key, value));
  }
  return members;
};
