/** Sources of regular expressions for the names of passwords, and the keywords of those names. */

const passwordPrefixes = [
  'db',
  'user',
  'smtp',
  'mail',
  'ftp',
  'admin',
  'root',
  'sql',
  'http',
  'proxy',
  'ssh',
  'login',
  'key',
  'store',
  'trust',
  'redis',
  'mysql',
  'pg',
  'require',
];

/**
 * Names whose value is a password, without the rest of a longer name: `password` also stands for `dbPassword`. What must
 * stand before a word is looked for behind it, so that a search only stops at few letters.
 */
const password = [
  'passw(?:or)?d',
  'pass[-_. ]?phrase',
  'passcode',
  '(?:(?<![a-z])|(?<=root|bind))pw(?![a-z])|(?<![a-z])psw(?![a-z])',
  '(?<![a-z])psk(?![a-z])',
  `(?:(?<![a-z])|(?<=${passwordPrefixes.join('|')}))(?:pass|pwd)(?![a-z])`,
  '(?<=master)auth(?![a-z])',
].join('|');

const keyPrefixes = [
  'api',
  'access',
  'secret',
  'private',
  'account',
  'encryption',
  'signing',
  'signature',
  'master',
  'application',
  'app',
  'auth',
  'client',
  'session',
  'storage',
  'deploy',
  'license',
  'shared',
  'subscription',
  'consumer',
  'service',
  'server',
  'admin',
  'webhook',
  'integration',
  'hmac',
  'aes',
  'jwt',
  'cookie',
  'crypt',
  'write',
  'ingest',
  'nonce',
  'logged_in',
  'secure_auth',
  'unseal',
  'recovery',
  'registration',
  'activation',
  'certificate',
  'cipher',
  'connection',
  'product',
  'licence',
  'upgrade',
];
const keySeparators = ['', '_', '-', ' ', '.'];

/** Names whose value is a token, a key or another secret that is not chosen by a person. */
const token = [
  `(?<=(?:${keyPrefixes.join('|')})[-_. ]?)key`,
  'secret[-_ ]?id(?![a-z])',
  '(?<!\\d:)secret',
  '(?<!publickey)token',
  'credential',
  'authtok(?![a-z])',
  '(?<=sonar\\.)login',
  '(?<=(?:auth|nonce|logged_in|passw(?:or)?d)[-_]?)salt',
  '(?<=oauth_)signature',
  'auth[-_]?ident',
  '(?<![a-z])auth(?![a-z])',
  '(?<=php)sessid(?![a-z])',
  '(?<=j)sessionid(?![a-z])',
].join('|');

/** Endings with which a name still names a secret: a plural, a number, or `_BASE`. */
const rest =
  '(?:e?s(?!ecret))?(?: \\d{1,2}(?=\\s?[:=])|[-_.]?(?:base64|base|value|data|v\\d|val|text|string|str|plain|raw|production|prod|development|dev|test|staging|live|old|new|current|primary|secondary|default|b64|hex|\\d{1,3}))?';

/** One quotation mark: as it is, escaped in JSON, in HTML, or in a URL. */
const quote = '(?:\\\\{0,3}["\'`]|&(?:quot|apos|#0?3[49]|#x2[27]);|%2[27])';

/** Visibility of a member, with the name of its class, as PHP prints both behind the member's name. */
const visibility = '(?::(?:"?[\\w\\\\]{1,100}"?:)?(?:protected|private))?';

/** Marks that close a name before the separator: a quotation mark, a bracket. */
const close = `${quote}?${visibility}[\\])]{0,2}`;

export const passwordName = `(?:${password})${rest}${close}`;
export const tokenName = `(?:${token})${rest}${close}`;
/** Short names of secrets in variables, which are too common in other text to be searched there. */
export const secretWord = `(?<![a-z0-9])(?:oauth|cred|pat|pw)${rest}`;
export const secretName = `(?:${password}|${token})${rest}${close}`;

/** The same names in capitals, as environment variables have them. */
const capitals =
  'PASSW(?:OR)?D|PASS_?PHRASE|(?<![A-Z])(?:PASS|PWD|PSW|PW)(?![A-Z])|(?<=(?:DB|PG|MYSQL|USER|SMTP)_?)(?:PASS|PWD)';
const tokenCapitals = `SECRET|TOKEN|CREDENTIAL|(?<=(?:${keyPrefixes.join('|').toUpperCase()})_?)KEY|_AUTH(?:_CONFIG)?|_SALT`;
const restCapitals = 'S?(?:_?(?:BASE|VALUE|PROD|PRODUCTION|DEV|TEST|STAGING|LIVE|OLD|NEW|B64|BASE64|\\d{1,3}))?';
export const passwordVariable = `(?:${capitals})${restCapitals}`;
export const tokenVariable = `(?:${tokenCapitals})${restCapitals}`;

/** Separator between a name and its value: `=`, `:`, `=>`, `:=` and others, also after a type. */
export const separator =
  '(?:(?:\\s?:\\s{0,2}[A-Za-z][\\w.<>|]{0,30}(?=\\s|=["\']))?\\s{0,20}[?+|:]{0,2}=(?![=~])>?|\\s{0,20}(?::(?![:=])|%3[ad]|-{1,2}>|<-(?!-)|\\.{3,60}|[→⇒：]))\\s{0,20}(?:(?:!{1,2}[\\w/.:-]{1,30}|\\(?string(?:\\(\\d{1,6}\\)|\\)(?: \\(len=\\d{1,6}\\))?)?)\\s)?';

/** The beginning of a value that a program wraps, such as `Some("…")`, `SecretStr('…')` or `<<"…">>`. */
export const wrapper =
  '(?:<<|(?:Some|Just|Optional|Ok|SecretStr|SecretBytes|Secret|Sensitive|String::from|bytes|str)\\(\\s{0,9})';

/**
 * A value in quotation marks, to the closing mark or to the line's end. Marks may be escaped, and the value may contain
 * escaped marks.
 */
export const quoted = `(?:[\\[(]{0,2}|${wrapper})[a-zA-Z@$]{0,2}(?:${[
  '"""([^"\\s][^"]*)',
  '"((?:[^"\\\\]|\\\\.)+)',
  "'((?:[^'\\\\]|\\\\.|'')+)",
  '`((?:[^`\\\\]|\\\\.)+)',
  '\\\\["\']((?:[^"\'\\\\]|\\\\{1,2}[^"\'\\\\]|\\\\{3}["\'])+)',
  '\\\\{2,3}["\']((?:[^"\'\\\\]|\\\\{1,4}[^"\'\\\\])+)',
  '&(?:quot|apos|#0?3[49]|#x2[27]);((?:[^&"<>\\s]|&(?!quot|apos|#0?3[49]|#x2[27]))+)',
  '%2[27]((?:[^%&\\s"]|%(?!2[27]))+)',
].join('|')})`;

/** A value without quotation marks. It ends before `;name=`, `&name=` and `, name=`. */
export const bare =
  '(?![=~>"\'`])((?:\\\\.|(?!;\\s?\\w[\\w ]{0,30}=|&[\\w.%-]{1,40}=|,\\s{0,2}["\\w.-]{1,40}[=:])[^\\s"\'`\\\\])+)';

/** An argument of a shell's command line: in quotes, or up to the next space. */
export const argument = '(?:\\$(?=["\']))?(?:"((?:[^"\\\\]|\\\\.)+)|\'([^\']+)|((?:\\\\.|[^\\s"\'`\\\\])+))';

export const passwordKeywords: readonly string[] = [
  'password',
  'passwd',
  'passphrase',
  'pass_phrase',
  'pass-phrase',
  'pass phrase',
  'pass.phrase',
  'passcode',
  'pwd',
  '_pass',
  '-pass',
  '.pass',
  'pass=',
  'pass:',
  'pass"',
  "pass'",
  'pass =',
  'pass  ',
  'pw:',
  'pw=',
  'pw =',
  'psw=',
  'psw:',
  '_pw',
  ' pw ',
  'pw"',
  "pw'",
  'bindpw',
  'psk=',
  'psk:',
  'psk =',
  'psk"',
  "psk'",
  'psk "',
  "psk '",
  'rootpw',
  'requirepass',
  'masterauth',
  ...passwordPrefixes.map((prefix) => `${prefix}pass`),
];
export const tokenKeywords: readonly string[] = [
  'secret',
  'token',
  'credential',
  '_auth',
  '-auth',
  'auth:',
  'auth=',
  'auth"',
  "auth'",
  'auth ',
  'phpsessid',
  'jsessionid',
  'sonar.login',
  '_salt',
  '-salt',
  'oauth_signature',
  'authtok',
  'passwordsalt',
  'password_salt',
  'password-salt',
  'authident',
  'auth_ident',
  'auth-ident',
  ...keyPrefixes.flatMap((prefix) => keySeparators.map((between) => `${prefix}${between}key`)),
];
export const nameKeywords: readonly string[] = [...passwordKeywords, ...tokenKeywords];
