const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const bytesOf = (part: string): string => Buffer.from(part, 'base64url').toString('hex');

/** Returns the token with each other last character that lenient decoders decode to the same signature. */
const otherEndings = (token: string): string[] => {
  const signature = token.slice(token.lastIndexOf('.') + 1);
  return [...alphabet]
    .filter((last) => bytesOf(signature.slice(0, -1) + last) === bytesOf(signature))
    .map((last) => token.slice(0, -1) + last)
    .filter((other) => other !== token);
};

/**
 * Returns spellings of an ES256 token that lenient decoders of base64url accept as the same token, by what was changed.
 * The signature of such a token has 64 bytes, so four bits of its last character hold no data.
 */
export const otherSpellings = (token: string): Record<string, string> => ({
  ...Object.fromEntries(otherEndings(token).map((other, at) => [`other unused bits (${at + 1})`, other])),
  padding: `${token}=`,
  'double padding': `${token}==`,
  'a tab in the signature': `${token.slice(0, -5)}\t${token.slice(-5)}`,
  'a space in the signature': `${token.slice(0, -5)} ${token.slice(-5)}`,
  'a character outside of the alphabet': `${token.slice(0, -5)}!${token.slice(-5)}`,
  'a fourth part': `${token}.`,
  'padding of the claims': token.replace(/\.([^.]*)$/, '=.$1'),
});

/** Order of the curve P-256. */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * Returns an ES256 token with the other valid signature that anybody can compute from the signature (r, s): (r, n - s).
 */
export const withOtherSignature = (token: string): string => {
  const [header, payload, signature = ''] = token.split('.');
  const hex = bytesOf(signature);
  const other = (order - BigInt(`0x${hex.slice(64)}`)).toString(16).padStart(64, '0');
  return [header, payload, Buffer.from(hex.slice(0, 64) + other, 'hex').toString('base64url')].join('.');
};
