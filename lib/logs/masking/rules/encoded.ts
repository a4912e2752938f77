import { type SecretRule, sample } from './secret-rule.ts';

/** Longest base64 text that is decoded, in characters. */
const maxDecoded = 65_536;

const decode = (secret: string): string => Buffer.from(secret.slice(0, maxDecoded), 'base64').toString('latin1');

const secretField =
  /["'](?:[\w.-]{0,60}(?:passw(?:or)?d|passphrase|secret|token|credentials?|api_?key|private_?key)s?|auth|auths)["']\s{0,4}:\s{0,4}(?:["'][^"']{4}|\{|\[)/i;

const isSecretJson = (secret: string): boolean => {
  if (/^eyJ[\w-]{10,}\.[\w-]*\./.test(secret)) return true;
  const json = decode(secret);
  return secretField.test(json) && !/"mappings"\s{0,4}:/.test(json);
};

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Rules for secrets that are encoded as base64. */
export const encoded: readonly SecretRule[] = [
  {
    name: 'JSON Web Token',
    keywords: ['eyj'],
    pattern: /(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+){0,2})?/dg,
    accept: (secret) => secret.includes('.'),
    masked: [`value ‹eyJ${sample(30)}.eyJ${sample(40)}.${sample(43)}› end`],
    left: ['eyJ is how JSON begins in base64', `eyJ${sample(30)}`],
  },
  {
    name: 'JSON with a secret in base64',
    keywords: ['eyj', 'eyai', 'ewog', 'ewoj', 'ewok', 'w3si', 'w3sg', 'w3sk', 'wwog'],
    pattern: /(?<![A-Za-z0-9+/])(?:eyJ|eyAi|ewo[gJK]|W3s[iKg]|Wwog)[A-Za-z0-9+/_-]{8,}={0,2}/dg,
    accept: isSecretJson,
    masked: [
      `‹${base64('{"user":"tool","password":"Tr0ub4dor-9"}')}›`,
      `‹${base64('{"auths":{"r":{"auth":"eA=="}}}')}›`,
    ],
    left: [base64('{"version":3,"sources":["token.js"],"names":[]}')],
  },
  {
    name: 'private member of a JSON Web Key',
    keywords: [
      '"d"',
      '"p"',
      '"q"',
      '"dp"',
      '"dq"',
      '"qi"',
      '"k"',
      ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'].map((member) => `${member}\\"`),
    ],
    pattern: /\\?"(?:d|p|q|dp|dq|qi|k)\\?"\s{0,4}:\s{0,4}\\?"([A-Za-z0-9_-]{22,})/dg,
    accept: (secret) => /[A-Z]/.test(secret) && /[a-z]/.test(secret) && /\d/.test(secret),
    masked: [`{"kty":"EC","crv":"P-256","d":"‹${sample(43)}›"}`, `{\\"kty\\":\\"oct\\",\\"k\\":\\"‹${sample(43)}›\\"}`],
    left: ['{"d":"M12.5 3.5h9v9", "k":"short"}'],
  },
  {
    name: 'private key in base64',
    keywords: ['ls0tls1crudjti', 'ls0tlsbcruhjti', 'uhvuvfktvxnlci1lzx'],
    pattern: /(?:LS0tLS1CRUdJTi|LS0tLSBCRUdJTi|UHVUVFktVXNlci1LZX)[A-Za-z0-9+/_-]+={0,2}/dg,
    accept: (secret) => /PRIVATE KEY|PuTTY-User-Key|ENCRYPTED PRIVATE|SSH2 ENC/i.test(decode(secret.slice(0, 120))),
    masked: [`tls.key: ‹${base64(`${'-----BEGIN'} PRIVATE KEY-----\n${sample(40)}`)}›`],
    left: [`tls.crt: ${base64('-----BEGIN CERTIFICATE-----\nMIIB')}`],
  },
];
