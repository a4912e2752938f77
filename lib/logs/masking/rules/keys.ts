import { isKeyLike } from './judge.ts';
import { hexSample, type SecretRule, sample } from './secret-rule.ts';
import { token } from './token-rule.ts';

const base64 = (hexadecimal: string): string => Buffer.from(hexadecimal, 'hex').toString('base64');

/**
 * Says whether base64 holds a private key in DER: a sequence that begins with a small number, its version. Certificates,
 * requests and public keys begin with another sequence or a large number.
 */
const isPrivateDer = (secret: string): boolean => {
  const bytes = Buffer.from(secret.slice(0, 16), 'base64');
  const length = bytes[1] ?? 0;
  const version = length < 0x80 ? 2 : 2 + (length & 0x7f);
  return bytes[0] === 0x30 && bytes[version] === 2 && bytes[version + 1] === 1 && (bytes[version + 2] ?? 9) <= 3;
};

/** Rules for private keys in one line, without the markers of PEM. */
export const keys: readonly SecretRule[] = [
  {
    name: 'private key in DER',
    keywords: ['ibad', 'ibaa', 'ibaq', 'ibaz', 'caqa', 'caqe', 'agea', 'ageb'],
    pattern: /(?<![A-Za-z0-9+/_-])(M[A-I][A-Za-z0-9+/_-]{36,}={0,2})/dg,
    accept: isPrivateDer,
    masked: [
      `KEY=‹${base64(`308204bd020100300d06092a864886f70d01010105000482${hexSample(40)}`)}›`,
      `ssh key ‹${base64(`30770201010420${hexSample(60)}`)}›`,
      `‹${base64(`302e020100300506032b657004220420${hexSample(64)}`)}›`,
    ],
    left: [base64(`308203bd308202a5a00302010202${hexSample(60)}`), base64(`3082010a0282010100${hexSample(60)}`)],
  },
  token('private key of OpenSSH', ['b3blbnnza'], 'b3BlbnNzaC1rZXktdj[A-Za-z0-9+/_-]{20,}={0,2}', [
    'b3BlbnNzaC1rZXktdjEAAAAA',
    sample(60),
    'b3BlbnNzaA==',
  ]),
  token(
    'encrypted private key',
    ['hkig9w0bbq0', 'gsib3dqefd'],
    'MI[A-Za-z0-9+/]{4,12}(?:BgkqhkiG9w0BBQ0|CSqGSIb3DQEFD)[A-Za-z0-9+/]{20,}={0,2}',
    ['MIIFHDBOBgkqhkiG9w0BBQ0', sample(60), 'BgkqhkiG9w0BBQ0'],
  ),
  token(
    'private key of OpenPGP',
    [...[...'abcdefghiopvw'].map((letter) => `lq${letter}`), 'lfgez', 'liyez', 'xclyb', 'xcmgb', 'xvgez'],
    '(?:lQ[A-Za-z0-9+/]{2}B[E-H]|lFgEZ|lIYEZ|xc(?:LY|MG)B|xVgEZ)[A-Za-z0-9+/]{40,}={0,2}',
    ['lQdGBF', sample(60), 'lQdGBF'],
  ),
  token('key of a wallet', ['xprv', 'yprv', 'zprv', 'tprv'], '[xyzt]prv[1-9A-HJ-NP-Za-km-z]{100,112}', [
    'xprv9s21',
    sample(102).replaceAll('0', '1'),
    'xprv is a prefix',
  ]),
  token('secret key of Nostr', ['nsec1'], 'nsec1[02-9ac-hj-np-z]{58}', [
    'nsec1',
    'q9z8r7x6'.repeat(8).slice(0, 58),
    'nsec1q',
  ]),
  {
    name: 'key of WireGuard as an argument',
    keywords: ['private-key', 'preshared-key'],
    pattern: /(?:private|preshared)-key\s[^\n]{0,30}?(?<![A-Za-z0-9+/])([A-Za-z0-9+/]{43}=)/dg,
    masked: [`wg set wg0 private-key <(echo ‹${sample(43)}=›)`],
    left: ['wg set wg0 private-key /etc/wireguard/key'],
  },
  {
    name: 'key of 32 bytes in base64',
    keywords: ['key: ', 'key = ', 'key=', 'key ', 'key": ', 'encrypt =', 'encrypt='],
    needs: ['='],
    pattern:
      /(?<!(?:public|pub|peer|host)[ _-]?)(?:(?<![a-z])key|encrypt)["']?\s{0,2}[:=]?\s{1,2}["']?([A-Za-z0-9+/]{43}=)(?![=\w])/dgi,
    masked: [`KEY ‹${sample(43)}=›`, `encrypt = "‹${sample(43)}=›"`],
    left: [`PublicKey = ${sample(43)}=`, `public key: ${sample(43)}=`],
  },
  {
    name: 'key with a name of its own',
    keywords: ['key: ', 'key = '],
    pattern: /(?<![A-Za-z0-9] ?)key\s?[:=]\s{1,2}["']?([A-Za-z0-9_+/-]{32,}={0,2})(?![\w.])/dgi,
    accept: (secret) => isKeyLike(secret) && !secret.includes('/'),
    masked: [`Key: ‹${sample(32)}›`],
    left: ['key: node-modules-Linux-x64-v2-0123456789', `public key: ${sample(40)}`],
  },
  {
    name: 'key of a service with 32 hexadecimal digits',
    keywords: ['routing_key', 'routing-key', 'routingkey'],
    pattern: /routing[_-]?key["']?\s?[:=]\s{0,4}["']?([0-9a-f]{32})(?![0-9a-f])/dgi,
    masked: [`routing_key: ‹${hexSample(32)}›`],
    left: ['routing_key: orders.created'],
  },
  {
    name: 'variable whose name ends with KEY',
    keywords: ['key='],
    pattern:
      /(?<![A-Za-z0-9_-])(?!(?:[A-Z0-9]{1,30}_){0,6}(?:PUBLIC|PUB|PRIMARY|FOREIGN|SORT|PARTITION|GROUP|SITE|HOST|CACHE|BUCKET)_?KEYS?=)(?:[A-Z0-9]{1,30}_){0,6}KEYS?=["']?([^\s"',;]{20,})/dg,
    accept: (secret) => isKeyLike(secret) || /^[0-9a-f]{32}$/.test(secret),
    masked: [`STRIPE_KEY=‹${sample(32)}›`],
    left: [`CACHE_KEY=${sample(32)}`, 'PRIMARY_KEY=user_id', 'KEY=node-modules-Linux-x64-v2'],
  },
  {
    name: 'key that OpenSSL derives from a password',
    keywords: ['key='],
    pattern: /^\s{0,8}key=([0-9A-F]{32,64})\s{0,8}$/dg,
    accept: (secret) => /[A-F]/.test(secret),
    masked: [`key=‹${hexSample(64).toUpperCase()}›`],
    left: [`key=${hexSample(40)}`, 'cache key=0A1B'],
  },
];
