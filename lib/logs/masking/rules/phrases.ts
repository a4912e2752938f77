import { isPasswordText, isRandom, isStrong } from './judge.ts';
import { passwordKeywords } from './names.ts';
import { type SecretRule, sample } from './secret-rule.ts';
import { isChosenSecret, isWords, isWordsInField, isWordsWithSign } from './words.ts';

/** Says whether a text stands alone: quotation marks, a bracket, the line's end or the end of a sentence follow. */
const isAtEnd = (after: string): boolean =>
  /^(?:["'`]?[.,;]?(?:\s*$|\s?\(|\s\/\s|\s\.{3})|["'`][.,;)]?\s|[.,;]\s)/.test(after);

/** Rules for passwords that are words: in sentences, and in configurations whose keywords are followed by a blank. */
export const phrases: readonly SecretRule[] = [
  {
    name: 'sentence with a password of words',
    keywords: passwordKeywords,
    needs: [' '],
    after: 'password',
    pattern:
      /(?!\s(?:policy|strength|hash|hasher|reset|length|fields?|type|expiry|rotation|manager|rules?|check|validation|age|file|prompt|protected|authentication)\b)(?:\s[^:="\n{}]{0,80}?)?(?:\s?:|\bis(?: now)?:?|\bwas:?|\bto:?|(?<=\s)[–—-])\s{1,4}["'`]?(?!(?:changed|updated|rotated|generated|created|currently)\b)([^\s"'`]{5,79}[^\s"'`.,;:)])/diy,
    accept: (secret, after) => isWords(secret) || (isAtEnd(after) && /[A-Z\d]/.test(secret) && isWordsInField(secret)),
    masked: [
      'The staging password is ‹Maple&Thunder›',
      'the admin password is ‹Sparrow1987›, remove before merging',
      'password for staging: ‹Nordlicht_Abend›',
      'the password was changed to ‹velvet-Teapot› yesterday',
      'Your temporary password is: ‹BlueHarbor›',
    ],
    left: ['The password is case-sensitive', 'password reset link sent to the user', 'password for tool: wrong'],
  },
  {
    name: 'password of words that a sentence says to use',
    keywords: passwordKeywords,
    needs: [' '],
    after: 'password',
    pattern:
      /(?<=\b(?:with|use|using|try|and|\/)\s(?:the\s)?[\w.-]{1,40})\s?:?\s["'`]?([^\s"'`]{5,79}[^\s"'`.,;:)])/diy,
    accept: (secret, after) => isWords(secret) || (isAtEnd(after) && isWordsInField(secret)),
    masked: ['Log in with admin and password ‹opensesame!›', 'with password: ‹letmein-please› (read-only account)'],
    left: ['with password authentication', 'using password: YES', 'with password hashing'],
  },
  {
    name: 'user and password with a slash',
    keywords: ['log in', 'login', 'sign in', 'creds', 'credentials', 'stats auth'],
    needs: ['/', ':'],
    pattern:
      /\b(?:(?:creds|credentials|login|log in with)\s?:?|use|stats auth)\s["'`]?[\w.@-]{2,40}(?:\s\/\s|\/|:)([^\s"'`/:]{5,59}[^\s"'`/:.,;)])/dgi,
    accept: (secret, after) =>
      (isAtEnd(after) && /[^a-z.-]/.test(secret) && isWordsInField(secret)) ||
      (isRandom(secret) && isPasswordText(secret) && isAtEnd(after) && !/^\w+$/.test(secret)) ||
      isWords(secret),
    masked: [
      'creds: deploy / ‹correct-horse-7›',
      'use admin/‹Nordlicht_Abend› to log in',
      'stats auth admin:‹Maple&Thunder›',
    ],
    left: ['login: user/password', 'use src/login-page.ts', 'credentials: docker/login-action@v3'],
  },
  {
    name: 'password of words at the end of a line',
    keywords: passwordKeywords,
    needs: [' '],
    after: 'password',
    pattern: /[ \t]{1,4}["'`]?([^\s"'`=:]{6,80})["'`]?\s{0,8}$/diy,
    accept: isWordsWithSign,
    masked: ['msmtp: password ‹Maple&Thunder›', '+ set password "‹Maple&Thunder›"'],
    left: ['reset password Form_Page', 'the password required', 'passwd user@example.org'],
  },
  {
    name: 'user and password with names of one letter',
    keywords: ['u: ', 'id: ', 'user: ', 'login: '],
    needs: ['p: ', 'pw: ', 'PW: ', 'p=', 'pass: ', 'P: '],
    pattern:
      /(?<![\w-])(?:u|user|id|login)[:=]\s?\S{1,40}[,;]?\s{1,4}(?:\/\s)?(?:p|pw|pass)[:=]\s?["'`]?([^\s"'`]{4,80}[^\s"'`.,;:)])/dgi,
    accept: (secret) => isWordsInField(secret) || isStrong(secret),
    masked: ['u: tool p: ‹Maple&Thunder›', 'ID: tool, PW: ‹let-the-rain-fall›'],
    left: ['u: unit p: pass', 'id: 12 p: 0.05'],
  },
  {
    name: 'password in brackets after its name',
    keywords: passwordKeywords,
    needs: [' ('],
    after: 'password',
    pattern: /\s\((?!\d{1,2}[.:])["'`]?([^\s"'`()]{6,80})["'`]?\)/diy,
    accept: (secret) => isWords(secret) || isStrong(secret),
    masked: ['The default password (‹Kaffee.Kanne!›) must be changed', 'password (‹Tr0ub4dor_9›)'],
    left: ['password (optional)', 'password (min-length 8)', 'Password (required):'],
  },
  {
    name: 'seed of codes for one time',
    keywords: ['otp', '2fa', 'mfa'],
    pattern:
      /\b(?:t?otp|2fa|mfa|authenticator)[ _-]?(?:seed|secret|key)["']?\s?[:=]\s{0,4}["']?([A-Z2-7]{16,64}|[A-Z2-7]{4}(?: [A-Z2-7]{4}){3,12})(?![\w])/dgi,
    masked: ['otp seed: ‹JBSWY3DPEHPK3PXP›', 'TOTP key: ‹JBSW Y3DP EHPK 3PXP›'],
    left: ['otp secret: required', 'totp_key: none'],
  },
  {
    name: 'secret that a person has chosen',
    keywords: [
      'secret',
      'signing_key',
      'signingkey',
      'encryption_key',
      'encryptionkey',
      'api_key',
      'apikey',
      'api-key',
      'cookie_key',
    ],
    needs: [':', '='],
    pattern:
      /(?:(?:jwt|session|client|cookie|app|webhook|signing|shared|csrf|hmac|auth|api|master|consumer|oauth|service|server)[_.\- ]?secret|secret[_.-]?key(?:[_.-]base)?|(?:signing|encryption|api|cookie)[_-]?key)["'\])]{0,2}\s{0,8}(?:=>?|:)\s{0,8}["']?([^\s"'`]{8,80})/dgi,
    accept: (secret, after) =>
      isWordsWithSign(secret) ||
      (/^["'`]?[,;)}\]]{0,3}(?:\s*$|\s#)/.test(after) && isChosenSecret(secret.replace(/[,;)}\]]{1,3}$/, ''))),
    masked: ['JWT_SECRET=‹velvet-Teapot›', '"jwtSecret": "‹let-the-rain-fall›",', 'webhook secret: ‹Maple&Thunder›'],
    left: ['client_secret: not-set', 'api_key: required', 'jwtSecret: my-token-secret', 'SECRET_KEY=$(cat key)'],
  },
  {
    name: 'keyword of a configuration with a password',
    keywords: [
      'requirepass',
      'masterauth',
      'rootpw',
      'bindpw',
      'auth_pass',
      'auth-pass',
      'wpa-psk',
      'wpa_psk',
      'sasl_passwd',
      'authpass',
      'ldap_pass',
      'secret',
      'password',
      'passwd',
    ],
    pattern:
      /^[\s+]{0,40}(?:(?:requirepass|masterauth|rootpw|bindpw|auth_pass|(?:sentinel\s)?auth-pass(?:\s[\w.-]{1,40})?|wpa[-_]psk|authpass|[\w.-]{1,40}[_.-](?:password|passwd|secret))[ \t]{1,20})["']?([^\s"'=:]{4,100}?)["']?;?\s{0,8}$/dgi,
    accept: isPasswordText,
    masked: [
      'requirepass ‹opensesame›',
      'rootpw\t\t‹Maple&Thunder›',
      '  auth_pass ‹sunshine›',
      'sentinel auth-pass main ‹sunshine›',
    ],
    left: ['requirepass required', 'rootpw {SSHA}', 'client-secret required', '  bindpw $PASSWORD'],
  },
  {
    name: 'keyword password or secret with a value of several kinds of characters',
    keywords: ['password', 'passwd', 'secret', 'psk'],
    pattern:
      /^[\s+]{0,40}(?:password|passwd|secret|psk|passphrase)[ \t]{1,20}["']?([^\s"'=:]{6,80}?)["']?;?\s{0,8}$/dgi,
    accept: (secret) => isWords(secret) || (isRandom(secret) && /[^\w.,:/-]|[A-Z].*-|-.*[A-Z]/.test(secret)),
    masked: ['  password ‹velvet-Teapot›', 'secret ‹s3cr3t-Cat›', 'psk ‹Panther#Cloud›;'],
    left: ['password required', 'secret db-credentials', 'Password reset', 'secret app-v2'],
  },
  {
    name: 'root password of a directory server',
    keywords: ['rootpw:', 'userpassword:'],
    pattern: /^\s{0,20}(?:olcRootPW|userPassword|rootpw):\s{1,4}(?!\{)([^\s"']{4,100})\s{0,8}$/dgi,
    accept: isPasswordText,
    masked: ['olcRootPW: ‹Kormoran-am-See›', 'userPassword: ‹sunshine›'],
    left: ['olcRootPW: {SSHA}abc', 'userPassword: required'],
  },
  {
    name: 'credentials in quotation marks',
    keywords: ['credential', 'creds'],
    needs: ['="', "='", '": "'],
    pattern: /\b(?:credentials?|creds)["']?\s?[:=]\s?["']([^"'\s]{6,80})["']/dgi,
    accept: isWords,
    masked: ['credentials="‹tulip-Garden›"', `"credentials": "‹Maple&Thunder›"`],
    left: ['credentials="same-origin"', 'credentials: "include"'],
  },
  {
    name: 'passphrase of words among the arguments of a command',
    keywords: ['passphrase=', 'password='],
    needs: ['-D', '--'],
    pattern:
      /-(?:D|-)[\w.-]{0,40}(?:passphrase|password)=((?!["'$])[^\s,"'=]{2,40}(?:,?\s(?!-)[^\s,"'=]{2,40}){1,5})(?=,?\s-|\s*\]|\s*$)/dgi,
    masked: [
      '[mvn, -Dgpg.passphrase=‹een lange wachtzin›, -DskipTests]',
      'mvn -Dgpg.passphrase=‹open sesame, River› -DskipTests',
    ],
    left: ['mvn -Dgpg.passphrase=$PASSPHRASE deploy', 'tool --password=x'],
  },
  {
    name: 'seed phrase in a variable',
    keywords: ['seed_phrase', 'mnemonic', 'recovery_phrase', 'seedphrase', 'seed-phrase', 'secret_phrase'],
    pattern:
      /(?:seed[_-]?phrase|mnemonic|recovery[_-]phrase|secret[_-]phrase)["']?\s?[:=]\s?["']?((?:[a-z]{3,8} ){11,23}[a-z]{3,8})(?![a-z])/dgi,
    masked: [`SEED_PHRASE="‹${'legal winner thank year '.repeat(3).trim()}›"`],
    left: ['SEED_PHRASE="$SEED"'],
  },
  {
    name: 'codes for one time in a sentence',
    keywords: ['codes'],
    pattern:
      /\b(?:recovery|backup|scratch|emergency)[ _-]codes(?:\sare)?\s?:?\s{1,4}((?=[A-Za-z-]{0,8}\d)[A-Za-z0-9-]{6,20}(?:,?\s[A-Za-z0-9-]{6,20}){0,15})[.\s]{0,4}$/dgi,
    masked: ['Your scratch codes are: ‹4QIE3ESO O555HXAF›', 'backup codes: ‹1a2b3-c4d5e›'],
    left: ['Backup codes are disabled', 'recovery codes: none'],
  },
  {
    name: 'key that was just generated',
    keywords: ['generated', 'new key', 'new api key', 'your key', 'your api key'],
    pattern:
      /\b(?:generated|new|your)\s(?:\w{1,12}\s)?(?:key|token|secret|code)(?:\sis)?\s?:?\s{1,4}["'`]?([0-9a-f]{32,64}|[A-Za-z0-9_-]{24,})(?![\w.])/dgi,
    accept: isRandom,
    masked: ['Generated key: ‹0a1b2c3d4e5f0a1b2c3d4e5f0a1b2c3d›', `Your new key is ‹${sample(30)}›`],
    left: ['Generated key: none', 'new key for node-modules-linux-x64-cache'],
  },
];
