/** Private keys for tests. No key is real: each body is a fixed sequence of characters of base64. */
import { take } from './secrets.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Returns `length` characters of base64, the same for the same seed. */
export const body = (length: number, seed: number): string => take(alphabet, length, seed);

/** Cuts a text into lines of a width. */
export const fold = (text: string, width: number): string[] =>
  Array.from({ length: Math.ceil(text.length / width) }, (_, at) => text.slice(at * width, (at + 1) * width));

/** A private key: its lines, and the text that no reader may see. */
export type Key = { name: string; lines: string[]; secret: string };

const pem = (label: string, secret: string, headers: string[] = [], width = 64): Key => ({
  name: label,
  secret,
  lines: [`-----BEGIN ${label}-----`, ...headers, ...fold(secret, width), `-----END ${label}-----`],
});

const ssh2 = body(500, 7);
const putty = body(400, 8);
const xml = (name: string, seed: number) => `<${name}>${body(86, seed)}==</${name}>`;

/** Keys in the forms in which programs write them. */
export const keys: Key[] = [
  pem('PRIVATE KEY', body(1624, 1)),
  pem('RSA PRIVATE KEY', body(1592, 2)),
  pem('EC PRIVATE KEY', body(164, 3)),
  pem('OPENSSH PRIVATE KEY', body(384, 4), [], 70),
  pem('RSA PRIVATE KEY', body(1592, 5), [
    'Proc-Type: 4,ENCRYPTED',
    'DEK-Info: AES-128-CBC,0123456789ABCDEF0123456789ABCDEF',
    '',
  ]),
  pem('PGP PRIVATE KEY BLOCK', body(900, 6), ['Version: GnuPG v2', 'Comment: of the release', '']),
  {
    name: 'SSH2',
    secret: ssh2,
    lines: [
      '---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----',
      'Comment: "rsa-key-20261122"',
      ...fold(ssh2, 70),
      '---- END SSH2 ENCRYPTED PRIVATE KEY ----',
    ],
  },
  ...[2, 3].map((version) => ({
    name: `PuTTY ${version}`,
    secret: putty,
    lines: [
      `PuTTY-User-Key-File-${version}: ssh-rsa`,
      'Encryption: none',
      'Comment: rsa-key-20261122',
      'Public-Lines: 1',
      'AAAAB3NzaC1yc2EAAAABJQ==',
      'Private-Lines: 7',
      ...fold(putty, 64),
      `Private-MAC: ${take('0123456789abcdef', 64, 9)}`,
    ],
  })),
  {
    name: 'XML',
    secret: ['P', 'Q', 'DP', 'DQ', 'InverseQ', 'D'].map((_, at) => body(86, 20 + at)).join(''),
    lines: [
      '<RSAKeyValue>',
      `  <Modulus>${body(172, 30)}</Modulus><Exponent>AQAB</Exponent>`,
      ...['P', 'Q', 'DP', 'DQ', 'InverseQ', 'D'].map((name, at) => `  ${xml(name, 20 + at)}`),
      '</RSAKeyValue>',
    ],
  },
  pem('OpenVPN Static key V1', take('0123456789abcdef', 512, 40), [], 32),
];

const wrap = (before: string, after: string) => (line: string, at: number) =>
  before.replace('%', String(at)) + line + after;

/** Ways in which programs print the lines of a key. */
export const printings: { name: string; print: (lines: string[]) => string[] }[] = [
  { name: 'as they are', print: (lines) => lines },
  { name: 'in colour', print: (lines) => lines.map(wrap('\u001b[32m', '\u001b[0m')) },
  {
    name: 'in colour that changes within the line',
    print: (lines) =>
      lines.map((line) => `${line.slice(0, 9)}\u001b[1;31m${line.slice(9, 20)}\u001b[m\u001b[K${line.slice(20)}`),
  },
  { name: 'by tput', print: (lines) => lines.map(wrap('\u001b[1m', '\u001b(B\u001b[m')) },
  { name: 'as strings of a program', print: (lines) => lines.map(wrap('  "', '\\n" +')) },
  { name: 'as strings with comments', print: (lines) => lines.map(wrap("    '", "', // line % of it")) },
  { name: 'as a list of strings', print: (lines) => lines.map(wrap('  "', '",')) },
  { name: 'as arguments of a function', print: (lines) => lines.map(wrap('write("', '"); // to the file')) },
  { name: 'with a time after them', print: (lines) => lines.map(wrap('', '   2026-11-22T08:02:11.123Z')) },
  { name: 'with a time before them', print: (lines) => lines.map(wrap('2026-11-22T08:02:11.123Z ', '')) },
  { name: 'by buildkit', print: (lines) => lines.map(wrap('#12 0.34% ', '')) },
  { name: 'by compose', print: (lines) => lines.map(wrap('web-1  | ', '')) },
  { name: 'quoted', print: (lines) => lines.map(wrap('> ', '')) },
  { name: 'by a logger', print: (lines) => lines.map(wrap('[stdout] ', '')) },
  { name: 'by a debugger', print: (lines) => lines.map(wrap('[%] INFO app: ', ' (2 ms)')) },
  {
    name: 'as JSON of a container log',
    print: (lines) =>
      lines.map((line) =>
        JSON.stringify({ log: `${line}\n`, stream: 'stdout', time: '2026-11-22T08:02:11.123456789Z' }),
      ),
  },
  { name: 'in YAML', print: (lines) => ['key: |', ...lines.map(wrap('    ', ''))] },
  { name: 'in YAML, as a list', print: (lines) => lines.map(wrap('    - ', '')) },
  {
    name: 'with a file before them and the name of another after them',
    print: (lines) => lines.map(wrap('key.pem:1%:', ' >> key')),
  },
  { name: 'as a program prints commands', print: (lines) => lines.map(wrap('echo "', '" >> /root/key')) },
  { name: 'in a table, with a number', print: (lines) => lines.map(wrap('| ', ' | 3 |')) },
  { name: 'beside themselves', print: (lines) => lines.map((line) => `${line}   | ${line}`) },
  { name: 'with a place after them', print: (lines) => lines.map(wrap('', ' [stdout] main')) },
  { name: 'as a diff', print: (lines) => lines.map(wrap('+', '')) },
  { name: 'with line numbers', print: (lines) => lines.map(wrap('   1%  ', '')) },
  { name: 'with carriage returns', print: (lines) => lines.map(wrap('', '\r')) },
  { name: 'with carriage returns before them', print: (lines) => lines.map(wrap('\r', '')) },
  {
    name: 'with other output among them',
    print: (lines) =>
      lines.flatMap((line) => [
        line,
        'npm warn deprecated something@1.0.0',
        'Compiling TypeScript in /workspace/source',
      ]),
  },
  {
    name: 'with 200 other lines after the first',
    print: ([first = '', ...lines]) => [
      first,
      ...Array.from({ length: 200 }, (_, at) => `step ${at} of the build is ready`),
      ...lines,
    ],
  },
  { name: 'in one line of JSON', print: (lines) => [JSON.stringify({ key: lines.join('\n') })] },
  { name: 'in JSON within JSON', print: (lines) => [JSON.stringify(JSON.stringify({ key: lines.join('\n') }))] },
  { name: 'encoded for a URL', print: (lines) => [`key=${encodeURIComponent(lines.join('\n'))}&x=1`] },
  { name: 'encoded as a form', print: (lines) => [new URLSearchParams({ key: lines.join('\n') }).toString()] },
  { name: 'in lines encoded for a URL', print: (lines) => lines.map((line) => `${encodeURIComponent(line)}%0A`) },
];

/** Widths at which keys are folded, with their first and last lines too. */
export const widths = [4, 7, 10, 16, 20, 24, 32, 48, 76, 100, 1000];

/** Prints a key folded at a width. Each prefix stands before each folded line. */
export const printFolded = ({ lines }: Key, width: number, prefix = ''): string[] =>
  lines.flatMap((line) => fold(line, width)).map((line) => prefix + line);
