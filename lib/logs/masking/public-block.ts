import { isUtf8 } from 'node:buffer';

/**
 * Beginnings of base64 of what is no secret: images, fonts, archives, documents, programs, certificates, public keys and
 * signatures.
 */
const publicBeginnings = [
  ...['iVBORw0KGgo', '/9j/', 'R0lGOD', 'UklGR', 'Qk0', 'SUkq', 'TU0A', 'AAABAA', 'AAAA[A-Za-z0-9+/]{2}Z0eX'],
  ...['d09GM', 'AAEAAAA', 'T1RUTw', 'UEsD', 'H4sI', 'KLUv', '/Td6WFo', 'Qlpo', 'N3q8', 'JVBERi', 'f0VMR', 'TVqQ'],
  ...['yv66v', 'AGFzbQ', 'GkXfo', 'SUQz', 'T2dn', 'eN[oqp]', 'eJ[wx]', 'MII[A-Za-z0-9+/]{3}CC', 'MIIB[Ii][jT]AN'],
  ...[
    'MF[kwI][wT]',
    'MC[ow][wB]',
    'AAAAB3NzaC1',
    'AAAAC3NzaC1',
    'AAAAE2VjZHNh',
    'mQ[A-Za-z0-9+/]{2}B',
    'mDME',
    'iQ[A-Za-z0-9+/]{2}B',
  ],
  ...['iHUEA', 'wsB', 'wsF', 'U1NIU0lH', 'RW[QRST](?!TY0Iy|AAEIy)'],
].join('|');
const publicForm = new RegExp(`^(?:${publicBeginnings})`);

const begin = /(?:-{5}|-{4} )BEGIN (?![A-Z0-9 ]{0,40}PRIVATE|OpenVPN)[A-Za-z0-9 ]{1,60}-{4}/;
const end = /(?:-{5}|-{4} )END /;

/** Says whether a line begins text between markers that is no private key, such as a certificate, and does not end it. */
export const beginsPublicBlock = (text: string): boolean => {
  const found = begin.exec(text);
  return found !== null && !end.test(text.slice(found.index));
};

/** Says whether a line has the end of text between markers. */
export const endsPublicBlock = (text: string): boolean => end.test(text);

/** Says whether bytes are text: a few bytes at the ends may be parts of characters. */
const isText = (bytes: Buffer): boolean => {
  const inner = bytes.subarray(3, -3);
  const printable = inner.filter((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13);
  return printable.length >= 0.85 * inner.length || [0, 1, 2, 3].some((at) => isUtf8(inner.subarray(at)));
};

/** Says whether a line of base64 is no part of a key: a known form begins there, or its bytes are text. */
export const isPublicBody = (base64: string): boolean =>
  publicForm.test(base64) || isText(Buffer.from(base64, 'base64'));
