import { isArgument, isPasswordText, isRandom } from './judge.ts';
import type { SecretRule } from './secret-rule.ts';
import { isWordsInField } from './words.ts';

/** Says whether base64 holds printable text. */
const isTextInBase64 = (secret: string): boolean =>
  /^[\x20-\x7e]{4,}$/.test(Buffer.from(secret, 'base64').toString('latin1'));

/** Rules for the files in which servers and devices of networks keep passwords. */
export const servers: readonly SecretRule[] = [
  {
    name: 'secret of IPsec',
    keywords: [': psk ', ': eap ', ': xauth ', ': ntlm '],
    pattern: /(?:^|\s):\s(?:PSK|EAP|XAUTH|NTLM)\s{1,8}(?:"([^"]{3,})|(0[sx][A-Za-z0-9+/=]{8,}))/dg,
    accept: isArgument,
    masked: [': PSK "‹Tr0ub4dor-9›"', 'tool : EAP "‹sunshine›"'],
    left: [': PSK "$PSK"', 'tool : EAP is off'],
  },
  {
    name: 'password of a mail server',
    keywords: [']:587', ']:465', ']:25', 'static:'],
    pattern: /(?:\]:\d{2,5}\s{1,8}|static:)[\w.@+-]{1,64}:([^\s"']{4,})/dg,
    accept: isArgument,
    masked: [
      '[smtp.example.org]:587 tool@example.org:‹Tr0ub4dor-9›',
      'smtp_sasl_password_maps = static:tool:‹sunshine›',
    ],
    left: ['[smtp.example.org]:587 tool@example.org', '[::1]:587 connected'],
  },
  {
    name: 'community of SNMP, or password of a router',
    keywords: [
      'community',
      'enable secret',
      'username ',
      'enable password',
      'password 0 ',
      'password 7 ',
      'secret 0 ',
      'secret 5 ',
      'secret 9 ',
    ],
    pattern:
      /(?:\br[ow]community6?|snmp-server community|enable (?:secret|password)|(?:password|secret) [05789]|\busername\s\S{1,40}\s(?:privilege\s\d{1,2}\s)?secret)\s(?:[05789]\s)?["']?([^\s"']{4,})/dgi,
    accept: (secret) => (isRandom(secret) && isArgument(secret) && isPasswordText(secret)) || isWordsInField(secret),
    masked: [
      'rocommunity ‹Tr0ub4dor-9›',
      'enable secret ‹sunshine42›',
      'username admin password 0 ‹Tr0ub4dor-9›',
      'username admin secret ‹Maple&Thunder›',
    ],
    left: ['rocommunity public', 'enable secret rotation', 'password 7 days old'],
  },
  {
    name: 'password in LDIF',
    keywords: ['password:: ', 'rootpw:: '],
    pattern: /(?:password|rootpw)::\s([A-Za-z0-9+/]{6,}={0,2})/dgi,
    accept: isTextInBase64,
    masked: [`userPassword:: ‹${Buffer.from('Tr0ub4dor-9').toString('base64')}›`],
    left: ['Password:: Hash'],
  },
  {
    name: 'password in the list of users of Redis',
    keywords: [' on >'],
    pattern: /\buser\s\S{1,60}\son\s>([^\s"']{4,})/dgi,
    accept: isArgument,
    masked: ['user tool on >‹Tr0ub4dor-9› ~* &* +@all'],
    left: ['user tool on >$PASSWORD'],
  },
  {
    name: 'secure string of PowerShell',
    keywords: ['to-securestri'],
    pattern: /ConvertTo-SecureString\s{1,4}(?:-String\s{1,4})?(?:"([^"$]{3,})|'([^']{3,}))/dgi,
    accept: isArgument,
    masked: ['ConvertTo-SecureString "‹Tr0ub4dor-9›" -AsPlainText -Force'],
    left: ['ConvertTo-SecureString $env:PASSWORD -AsPlainText', 'ConvertTo-SecureString "$password"'],
  },
];
