import { isBarePassword, isPasswordText, isTokenText } from './judge.ts';
import { nameKeywords, passwordKeywords, secretName, tokenKeywords } from './names.ts';
import { type SecretRule, sample } from './secret-rule.ts';
import { isWordsInField } from './words.ts';

/** Says whether a text is the content of an element: the closing tag follows, or the line ends with one word. */
const isContent = (content: string, after: string): boolean =>
  /^(?:<|\]\]>)/.test(after) || (after === '' && /^\w\S*\s*$/.test(content));

/** Rules for XML, HTML and SQL, and for the files in which tools keep passwords. */
export const markup: readonly SecretRule[] = [
  {
    name: 'element of a password',
    keywords: passwordKeywords,
    needs: ['<'],
    after: 'password',
    pattern: /(?<=<[^<>]{0,160})[^<>]{0,60}>\s{0,40}(?:<!\[CDATA\[|<\w{1,20}>)?([^<>\s\]][^<>\]]*)/diy,
    accept: (secret, after) => isContent(secret, after) && isPasswordText(secret.trim()),
    masked: [
      '<dbPassword>‹Tr0ub4dor-9›</dbPassword>',
      '<Password><Value>‹Maple1&Lake›</Value>',
      '<entry key="db.password">‹Tr0ub4dor-9›</entry>',
    ],
    left: [
      'https://<user>:<password>@example.org/',
      '<label for="password">Your password</label>',
      '<password></password>',
      '<password>$PASSWORD</password>',
    ],
  },
  {
    name: 'element of a token or key',
    keywords: tokenKeywords,
    needs: ['<'],
    after: 'token',
    pattern: /(?<=<[^<>]{0,160})[^<>]{0,60}>\s{0,40}(?:<!\[CDATA\[)?([^<>\s\]][^<>\]]*)/diy,
    accept: (secret, after) => isContent(secret, after) && isTokenText(secret.trim()),
    masked: [`<apiToken>‹${sample(32)}›</apiToken>`, `<string name="api_key">‹${sample(32)}›</string>`],
    left: ['<option value="token">Token</option>', '<a href="/token">Create a token</a>'],
  },
  {
    name: 'key and string of a property list',
    keywords: nameKeywords,
    needs: ['<string>'],
    after: 'secret',
    pattern: /\s{0,4}<\/key>\s{0,60}<string>([^<>]+)/diy,
    accept: (secret) => isTokenText(secret) || isWordsInField(secret),
    masked: [`<key>apiKey</key><string>‹${sample(32)}›</string>`],
    left: ['<key>token</key><string>token</string>'],
  },
  {
    name: 'password in SQL',
    keywords: ['identified', 'password', 'PASSWORD('],
    needs: ['"', "'"],
    pattern:
      /(?:identified\s{1,4}(?:with\s{1,4}\S{1,60}\s{1,4})?(?:by|as)|set\s{1,4}password\s{1,4}(?:for\s{1,4}\S{1,80}\s{0,4})?(?:=|to)|password(?=\s|\())\s{0,4}(?:password\s{0,4})?\(?\s{0,4}(?:'((?:[^'\\]|\\.|'')+)|"((?:[^"\\]|\\.)+))/dgi,
    accept: isPasswordText,
    masked: [
      "CREATE USER 'tool'@'%' IDENTIFIED BY '‹Tr0ub4dor-9›'",
      "ALTER ROLE tool WITH ENCRYPTED PASSWORD '‹Tr0ub4dor-9›'",
      "SET PASSWORD FOR 'tool'@'localhost' = PASSWORD('‹Tr0ub4dor-9›')",
    ],
    left: ["cannot find value 'password'", 'getpass("Password: ")', "password ''"],
  },
  {
    name: 'password among the values of INSERT',
    keywords: ['password', 'passwd', 'token', 'secret'],
    needs: ['values', 'VALUES', 'Values'],
    pattern: /(?:password|passwd|token|secret)[\w`"\], .[]{0,120}\)\s{0,4}values\s{0,4}\(([^)]+)/dgi,
    masked: ["INSERT INTO users (name, password) VALUES (‹'a', 'Tr0ub4dor-9'›)"],
    left: ['the password (of values) is not set'],
  },
  {
    name: 'default of a variable of Terraform',
    keywords: nameKeywords,
    needs: ['variable'],
    pattern: new RegExp(
      `variable\\s{1,4}"[\\w.-]{0,60}?${secretName}\\s{0,4}\\{[^{}"]{0,80}?default\\s{0,8}=\\s{0,4}"([^"]+)`,
      'gdi',
    ),
    accept: isPasswordText,
    masked: ['variable "db_password" { default = "‹Tr0ub4dor-9›" }'],
    left: ['variable "db_password" { default = "" }'],
  },
  {
    name: 'password in .netrc',
    keywords: ['password'],
    pattern: /(?:login|machine|user|account)\s{1,4}\S{1,100}\s{1,10}password\s{1,10}([^\s"'=:]+)/dgi,
    accept: (secret, after) => isPasswordText(secret) && /^\s*(?:$|account|machine|login)/.test(after),
    masked: ['machine git.example.org login tool password ‹Tr0ub4dor-9›', 'login tool password ‹sunshine›'],
    left: ['login is required, password too', 'user tool password required'],
  },
  {
    name: 'line with a password in .netrc',
    keywords: ['password'],
    pattern: /^\s{0,20}password\s{1,10}([^\s"'=:]+)/dgi,
    accept: (secret, after) => isBarePassword(secret, after) && /^\s*$/.test(after),
    masked: ['  password ‹Tr0ub4dor-9›'],
    left: ['password required', 'password reset failed'],
  },
  {
    name: 'password in .pgpass',
    keywords: [':5432:', ':5433:', ':6432:', ':*:*:', ':*:'],
    pattern: /(?<![\w.*-])[\w.*-]{1,100}:(?:\d{2,5}|\*):[\w.*-]{1,63}:[\w.*$-]{1,63}:((?:\\.|[^\s:"'])+)/dg,
    accept: isPasswordText,
    masked: ['db.example.org:5432:app:tool:‹Tr0ub4dor-9›', '*:*:*:tool:‹Tr0ub4dor-9›'],
    left: ['src/a.c:5432:12: error', 'db.example.org:5432:app:tool:*'],
  },
  {
    name: 'token in a file of Composer',
    keywords: ['github-oauth', 'gitlab-token', 'gitlab-oauth', 'bearer'],
    pattern:
      /["'](?:github-oauth|gitlab-token|gitlab-oauth|bearer)["']\s{0,4}:\s{0,4}\{\s{0,40}["'][^"']{1,200}["']\s{0,4}:\s{0,4}["']([^"']+)/dgi,
    accept: isTokenText,
    masked: [`{"github-oauth":{"github.com":"‹${sample(40)}›"}}`],
    left: ['{"github-oauth":{"github.com":"token"}}'],
  },
];
