/** Shortest text that another text is decoded to, in characters. A shorter text would be masked in ordinary words. */
const minLength = 6;

/** Limit for the number of readings of one text, because readings can be decoded again. */
const maxReadings = 16;

const printableText = /^[\t\n\r\x20-\x7e\u00a0-\uffff]*$/;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Returns the result of a decoder; undefined if the decoder throws because the text is not encoded. */
const attempt = (decode: () => string): string | undefined => {
  try {
    return decode();
  } catch {
    return undefined;
  }
};

const fromPercent = (text: string): string | undefined =>
  /%[0-9A-Fa-f]{2}/.test(text) ? attempt(() => decodeURIComponent(text)) : undefined;

/** Decodes base64 of both alphabets, also in lines, if the result is a text. Most tokens have characters of base64 too. */
const fromBase64 = (text: string): string | undefined => {
  const characters = text.replace(/\s+/g, '');
  if (characters.length < 8 || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(characters)) return undefined;
  const decoded = attempt(() => utf8.decode(Buffer.from(characters, 'base64')));
  return decoded !== undefined && printableText.test(decoded) ? decoded : undefined;
};

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const fromHtml = (text: string): string | undefined =>
  attempt(() =>
    text.replace(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));/g, (_, decimal, hex, name) =>
      name ? (named[name] ?? '') : String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex, 16)),
    ),
  );

const controls: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

/** Removes the escapes of JSON, shells and programming languages. */
const fromEscapes = (text: string): string | undefined =>
  attempt(() =>
    text.replace(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([^ux]))/gs, (_, unit, byte, character) =>
      character ? (controls[character] ?? character) : String.fromCharCode(Number.parseInt(unit ?? byte, 16)),
    ),
  );

/** Removes quotation marks around a text, which files of variables and shells do not take for a part of the value. */
const fromQuotes = (text: string): string | undefined => /^(["'`])(.*)\1$/s.exec(text)?.[2];

/** Joins signs that Compose, Make and batch files write twice. */
const fromDoubled = (text: string): string | undefined => text.replaceAll('$$', '$').replaceAll('%%', '%');

/** Returns what stands after the scheme of a header, or after the user's name and a colon. */
const fromPair = (text: string): string | undefined =>
  /^(?:(?:Bearer|Basic|Token|ApiKey|Digest) +|[^\s:/]{1,128}:(?!\/\/))(\S+)$/i.exec(text)?.[1];

const decoders = [fromPercent, fromBase64, fromHtml, fromEscapes, fromQuotes, fromDoubled, fromPair];

/**
 * Returns a text, and what programs read where the text is encoded: for a URL, in base64, HTML or quotation marks, with
 * escapes or doubled signs, or as the password after a user's name. A log can show each of them. Readings that are
 * encoded again are decoded again.
 */
export const readingsOf = (text: string): string[] => {
  const readings = new Set([text]);
  for (const reading of readings)
    for (const decode of decoders) {
      const decoded = decode(reading);
      if (decoded !== undefined && decoded.length >= minLength && readings.size < maxReadings) readings.add(decoded);
    }
  return [...readings];
};
