const html = (quotationMark: string, apostrophe: string) => (text: string) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', quotationMark)
    .replaceAll("'", apostrophe);

const percentEncoded = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

const json = (text: string): string => JSON.stringify(text).slice(1, -1);
const uri = (text: string): string => encodeURIComponent(text.toWellFormed());
/** Encodes all characters as URLs do, but letters, digits and a few marks, as Python does. */
const strictUri = (text: string): string => uri(text).replace(/[!'()*]/g, percentEncoded);
const ascii = (text: string): string =>
  text.replace(/[^ -~]|[<>&]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Escapes a text as Python and shells do in quotation marks, with a form of each character that is not ASCII. */
const escaped = (form: (character: string) => string) => (text: string) =>
  text.replace(/['\\]/g, '\\$&').replace(/[^\0-\x7f]/gu, form);

const octalBytes = (character: string): string =>
  [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
const hexBytes = (character: string): string => percentEncoded(character).replaceAll('%', '\\x');
const pythonCode = (character: string): string => {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  if (code.length <= 2) return `\\x${code}`;
  return code.length <= 4 ? `\\u${code.padStart(4, '0')}` : `\\U${code.padStart(8, '0')}`;
};

/** Writes each character that is neither a letter nor a digit in one way. */
const special = (write: (character: string) => string) => (text: string) => text.replace(/[^A-Za-z0-9]/gu, write);

export const codeOf = (character: string): number => character.codePointAt(0) ?? 0;
/** Returns the UTF-16 units of a character. */
export const unitsOf = (character: string): number[] =>
  [...Array(character.length).keys()].map((at) => character.charCodeAt(at));
const units = (character: string): string =>
  unitsOf(character)
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('');

const encoders: readonly ((text: string) => string)[] = [
  (text) => text,
  json,
  (text) => json(json(text)),
  (text) => json(text).replaceAll('/', '\\/'),
  (text) => ascii(json(text)),
  uri,
  (text) => uri(uri(text)),
  strictUri,
  (text) => strictUri(text).replaceAll('%2F', '/'),
  (text) => strictUri(text).replace(/%../g, (byte) => byte.toLowerCase()),
  (text) =>
    strictUri(text)
      .replaceAll('%2F', '/')
      .replace(/%../g, (byte) => byte.toLowerCase()),
  (text) => encodeURI(text.toWellFormed()),
  (text) => new URLSearchParams({ text }).toString().slice('text='.length),
  html('&quot;', '&#39;'),
  html('&quot;', '&#x27;'),
  html('&quot;', '&apos;'),
  html('&#34;', '&#39;'),
  html('"', "'"),
  (text) => text.replaceAll("'", "'\\''"),
  (text) => text.replaceAll("'", `'"'"'`),
  (text) => text.replaceAll("'", "''"),
  (text) => text.replaceAll('"', '""'),
  (text) => text.replace(/["$\\`]/g, '\\$&'),
  (text) => text.replace(/['\\]/g, '\\$&'),
  escaped(octalBytes),
  escaped(hexBytes),
  escaped(pythonCode),
  (text) => text.replace(/^[#~]|[\s'"!$&()*;<>?[\\\]^`{|},]/g, '\\$&'),
  (text) => text.replace(/[\x20-\x2f:-@[-`{-~]/g, '\\$&'),
  (text) => text.replaceAll('$', '$$$$'),
  (text) => text.replaceAll('$', '\\$$'),
  (text) => text.replaceAll('%', '%%'),
  (text) => text.replace(/[{}]/g, '$&$&'),
  special(percentEncoded),
  special((character) => percentEncoded(character).replaceAll('%', '=')),
  special(hexBytes),
  special(octalBytes),
  special(units),
  special((character) => `&#${codeOf(character)};`),
  special((character) => `&#x${codeOf(character).toString(16)};`),
];

/** Encoders of texts that hold another encoded text. */
const outerEncoders = [json, html('&quot;', '&#39;')];

/**
 * Returns a text as JSON, URLs, HTML, SQL, Python and shells write the text, and those once more in JSON and HTML, each
 * encoding once. Every character of a form has the same encoding.
 */
export const encodingsOf = (text: string): string[] => {
  const inner = encoders.map((encode) => encode(text));
  return [...new Set([...inner, ...outerEncoders.flatMap((encode) => inner.map(encode))])];
};
