import { isBarePassword, isBareToken, isKeyLike, isPasswordText, isRandom, isStrong, isTokenText } from './judge.ts';
import { nameKeywords, passwordKeywords, tokenKeywords } from './names.ts';
import { type SecretRule, sample } from './secret-rule.ts';

/** Says whether a text ends a sentence, or goes on with the purpose or the owner of the secret before it. */
const endsPhrase = (after: string): boolean =>
  /^["'`]?(?:[.!,;)]?\s*$|[.!] |,? (?:for|on|to|and|in|as|from)\s|\s?\()/.test(after);

/** Rules for sentences and messages that tell a secret. */
export const prose: readonly SecretRule[] = [
  {
    name: 'sentence about a password or token',
    keywords: nameKeywords,
    after: 'secret',
    pattern:
      /\s(?:[^:="\n{}]{0,80}?)(?::|=|\bis(?: now)?:?|\bwas:?|\bto:?|(?<=\s)[–—-])\s{1,4}["'`]?(?=[^\s"'`]{0,100}\d)([^\s"'`]+)/diy,
    accept: (secret, after) =>
      secret.length >= 6 &&
      isRandom(secret) &&
      isBarePassword(secret, after) &&
      (/^["'`]?[.!]?["'`)}\]]{0,3}\s*$/.test(after) || /[.!]$/.test(secret) || (isStrong(secret) && endsPhrase(after))),
    masked: [
      `The generated password is ‹Tr0ub4dor-9›`,
      'A temporary password is generated for root@localhost: ‹Tr0ub4dor-9›',
      'Password for user admin: ‹Tr0ub4dor-9›',
      "Initial password for 'root': ‹Tr0ub4dor-9›",
      'Setting smtpPassword to "‹Tr0ub4dor-9›"',
      'The password has been set to ‹Tr0ub4dor-9› for root',
    ],
    left: [
      'password - 8 characters at least',
      'token is expired since 2026-11-22T08:02:11Z',
      'The password is too short: 5',
      'password for tool: 2 attempts',
    ],
  },
  {
    name: 'password that a sentence says to use',
    keywords: passwordKeywords,
    needs: [' '],
    after: 'password',
    pattern: /(?<=\b(?:with|use|using|try|trying|enter|entered|and)\s(?:the\s)?[\w.-]{1,40})\s["'`]?([^\s"'`]{6,})/diy,
    accept: (secret) => isRandom(secret) && isBarePassword(secret, ','),
    masked: ['Log in as admin with the password ‹correct-horse-7› now', 'Use password ‹hunter2-Blue› to log in'],
    left: ['(using password: YES)', 'with password hash sha256', 'with password authentication'],
  },
  {
    name: 'password that was changed',
    keywords: passwordKeywords,
    needs: [' to ', ' as '],
    after: 'password',
    pattern: /\s[^:="\n]{0,60}?\b(?:set|changed|reset|updated)\s(?:to|as)\s{1,4}["'`]?([^\s"'`]{6,})/diy,
    accept: (secret) => isRandom(secret) && isBarePassword(secret, ','),
    masked: ['password changed to ‹sunshine42› for root', 'The password of tool was reset to "‹Tr0ub4dor-9›"'],
    left: ['password was set to expire', 'password changed to version 2', 'password reset to defaults'],
  },
  {
    name: 'sentence with a password in quotation marks',
    keywords: passwordKeywords,
    needs: ['"'],
    after: 'password',
    pattern: /\s[^:="'\n]{0,80}?(?::|\bis:?|\bto:?)\s{1,4}"([^"\n]{6,60})"/diy,
    accept: (secret) => isRandom(secret) && isTokenText(secret),
    masked: ['Administrator initial password (without the quotes): "‹Ec5s !f7a›"'],
    left: ['Password for the user: "tool"', 'The password is: "not set since 2026"'],
  },
  {
    name: 'quoted value after a name and a space',
    keywords: nameKeywords,
    needs: [' "', " '"],
    after: 'secret',
    pattern: /\s{1,2}(?:with\s|has\s)?(?:value\s(?:of\s)?)?["']([^"'\s]{8,})/diy,
    accept: (secret) => isRandom(secret) && isTokenText(secret),
    masked: [`Using selector with authToken "‹${sample(32)}›"`, '"password" with value "‹Tr0ub4dor-9›" is too weak'],
    left: ["Unexpected token '<'", 'ERROR: password "" is empty', "secret 'db-credentials'"],
  },
  {
    name: 'password after a name and a space',
    keywords: passwordKeywords,
    after: 'password',
    pattern: /\s{1,4}(?:set\sto\s|is\s|to\s)?([^\s"'=:]{6,})/diy,
    accept: (secret, after) =>
      isRandom(secret) &&
      isBareToken(`${secret}--`, ',') &&
      (/[^\w.,:/-]|\d[A-Za-z]|[a-z][A-Z]/.test(secret) ||
        (secret.length >= 8 && /^\s*$/.test(after) && isBareToken(secret, ''))),
    masked: ['Using password ‹Tr0ub4dor-9› for user tool', 'requirepass ‹Tr0ub4dor-9›', 'Wrong password ‹sunshine42›'],
    left: ['password policy 2', 'Setting up passwd (1:4.13+dfsg1-1) ...', 'password hash-v2.js', 'passwd 4.13'],
  },
  {
    name: 'token after a name and a space',
    keywords: tokenKeywords,
    after: 'token',
    pattern: /\s{1,4}([A-Za-z0-9_.+/=~-]{24,})/diy,
    accept: (secret, after) =>
      isBareToken(secret, after) && (isKeyLike(secret) || (secret.match(/\d+/g) ?? []).length >= 3),
    masked: [`secret token ‹${sample(40)}›`],
    left: ['secret app-db-credentials-production-v2', 'token src/auth/token-service/version2.ts'],
  },
  {
    name: 'value in brackets after a name',
    keywords: nameKeywords,
    needs: ['['],
    after: 'secret',
    pattern: /\s?\[(?:base64:)?([^\]\s"']{6,400})\]/diy,
    accept: (secret, after) =>
      isRandom(secret) && (isStrong(secret) || (/^\]:\s*$/.test(after) && isTokenText(secret))),
    masked: [`Application key [‹${sample(40)}=›] set successfully.`, 'Password [‹sunshine42›]:'],
    left: ['password [optional]:', 'tokens[index1] = 2', 'secret [id=token2]'],
  },
  {
    name: 'user and password after the word login',
    keywords: [
      'credential',
      'login',
      'log in',
      'logged in',
      'logging in',
      'sign in',
      'signed in',
      'stats auth',
      'basic_user',
    ],
    needs: [' / ', ':', '/'],
    pattern:
      /(?:credentials?|log(?:ged|ging)?[ -]?in|sign(?:ed|ing)? ?in|stats auth|basic_user)\b(?:\s(?:is|are|with|as|using))?\s?:?\s{1,4}["'`]?(?:[\w@-]{2,40}(?:[:/]|\s\/\s)|[\w.-]{1,40}@[\w.-]{3,60}(?::|\s?\/\s?))([^\s"'`/:]{6,60})/dgi,
    accept: (secret, after) => isRandom(secret) && isBarePassword(secret, after) && /^["'`).,]*(?:\s|$)/.test(after),
    masked: ['credentials: admin / ‹Tr0ub4dor-9›', 'Login: admin:‹sunshine42›', 'logged in with tool/‹Tr0ub4dor-9›'],
    left: ['Login: /auth/login', 'login attempt: 1/3', 'credentials: admin/password'],
  },
  {
    name: 'password with which a user signs in',
    keywords: ['authenticat', 'log in', 'logging in', 'login', 'signing in', ' pass '],
    needs: [' with ', ' using ', ' pass '],
    pattern:
      /(?:(?:authenticat\w{1,4}|log(?:ging)? ?in|signing in)(?: as)?\s["'`]?[\w.@-]{1,40}["'`]?\s(?:with|using)|\buser\s[\w.@-]{1,40},?\spass)\s["'`]?([^\s"'`]{6,60})/dgi,
    accept: (secret, after) =>
      isStrong(secret) ||
      (isRandom(secret) && isBarePassword(secret, after) && /^\s*$/.test(after) && !/^[A-Z][a-z]+\d+$/.test(secret)),
    masked: ['Authenticating tool with ‹Tr0ub4dor_9›', 'FTP user tool pass ‹sunshine42›'],
    left: [
      'Authenticating tool with OAuth2',
      'Authenticating tool with Kerberos5',
      'logging in tool using https://example.org/login2',
    ],
  },
  {
    name: 'passphrase of several words',
    keywords: ['passphrase'],
    pattern: /passphrase["']?\s?[:=]\s{0,2}["']?((?:[a-z]{3,12}[ -]){3,11}[a-z]{3,12})["']?\s*$/dgi,
    accept: isPasswordText,
    masked: ['Passphrase=‹correct horse battery staple›'],
    left: ['passphrase: needed for the release', 'Passphrase: please enter the words'],
  },
  {
    name: 'code for one time',
    keywords: [' code', 'otp', 'pin:', 'pin =', 'pin=', 'pin is', 'one-time', 'one time'],
    pattern:
      /(?:\b(?:one[- ]time (?:password|passcode|code|pin)|(?:verification|security|confirmation|authentication|authenticator|two-factor|2fa|mfa|login|sign-in|access) code|otp(?: code)?)|\bPIN)(?: for \S{1,60})?(?:\s?[:=]|\sis:?)\s{0,3}["']?(\d{4,8}|\d{3}[ -]\d{3})(?![\w.])/dgi,
    masked: ['Your verification code is ‹327873›', 'OTP: ‹273141›', 'Two-factor code: ‹778 414›'],
    left: ['exit code: 1', 'access code is 12', 'otp: required', 'status code: 4040'],
  },
  {
    name: 'word of a passphrase of a wallet',
    keywords: ['mnemonic', 'seed phrase', 'recovery phrase', 'secret phrase', 'seed words'],
    pattern:
      /(?:mnemonic|seed|recovery|secret)(?: (?:phrase|words))?["']?(?: is)?\s?[:=]?\s{0,4}["']?((?:[a-z]{3,8} ){11,23}[a-z]{3,8})(?![a-z])/dgi,
    masked: [`mnemonic: ‹${'legal winner thank year '.repeat(3).trim()}›`],
    left: ['mnemonic: a word that helps to remember', 'seed phrase is required'],
  },
];
