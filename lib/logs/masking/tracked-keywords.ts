/**
 * Keywords of lines that tell the secrets of later lines, besides the names of secrets: headers of tables, secret numbers of
 * keys, commands that print a secret, and titles of lists. A test compares them with what the trackers know.
 */
export const trackedKeywords: readonly string[] = [
  ...[',pass', 'pass,', 'pass;', ';pass', '|pass', '| pass', 'pass |', 'pass\t', '\tpass', '  pass'],
  ...['passwort', 'kennwort', 'contrasena', 'senha', 'wachtwoord', 'heslo'],
  ...[
    'privateexp',
    'private exp',
    'priv:',
    'prime1',
    'prime2',
    'prime3',
    'prime 1',
    'prime 2',
    'exponent1',
    'exponent2',
  ],
  ...['exponent 1', 'exponent 2', 'exp1:', 'exp2:', 'coefficient', 'seed:'],
  ...['wg genkey', 'wg genpsk', 'pwgen', 'mkpasswd', 'openssl rand', 'key:generate', 'randombytes', 'urandom', 'apg '],
  ...['generatekey', 'generate-key', 'pass show', 'private keys', 'codes', 'ugfzc3dvcmq6'],
];
