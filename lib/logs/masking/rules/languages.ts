import { isBarePassword, isBareToken, isRandom } from './judge.ts';
import { isNameOfParts } from './known-as-other.ts';
import { type SecretRule, sample } from './secret-rule.ts';
import { isWords, isWordsInField } from './words.ts';

/** Names of passwords in other languages than English. Words of a name may also be joined, or separated by `_` or `-`. */
const passwords = [
  ...['passwort', 'kennwort', 'mot de passe', 'mdp', 'contraseña', 'contrasena', 'contrasenya', 'senha'],
  ...['palavra passe', 'wachtwoord', 'lösenord', 'losenord', 'passord', 'adgangskode', 'salasana', 'hasło', 'haslo'],
  ...[
    'heslo',
    'jelszó',
    'jelszo',
    'parol',
    'parola',
    'parole',
    'parolă',
    'parool',
    'şifre',
    'sifre',
    'lozinka',
    'geslo',
  ],
  ...['slaptažodis', 'lykilorð', 'kata sandi', 'mật khẩu', 'пароль', 'парола', 'лозинка', 'κωδικός', 'סיסמה', 'סיסמא'],
  ...[
    'كلمة المرور',
    'كلمة السر',
    '密码',
    '密碼',
    '口令',
    'パスワード',
    '暗証番号',
    '비밀번호',
    '암호',
    'รหัสผ่าน',
    'पासवर्ड',
  ],
];

/** Names of tokens and keys in other languages than English. */
const tokens = [
  ...[
    'schlüssel',
    'geheimnis',
    'clé',
    'jeton',
    'clave',
    'llave',
    'chave',
    'chiave',
    'sleutel',
    'nyckel',
    'klucz',
    'klíč',
  ],
  ...['kulcs', 'anahtar', 'anahtarı', 'ключ', 'секрет', 'токен', 'κλειδί', 'מפתח', 'مفتاح', 'token'],
  ...['密钥', '密鑰', '秘钥', '令牌', '秘密鍵', 'トークン', 'シークレット', '토큰'],
];

/** Words and signs with which a sentence gives a value, in the languages of the names. */
const gives = `(?:["'\\])]{0,2}\\s{0,4}(?:[:：=]|=>)\\s{0,4}|\\s(?:${[
  ...['ist', 'is', 'lautet', 'es', 'est', 'é', 'è', 'är', 'er', 'on', 'jest', 'je', 'adalah', 'là', '[—–-]'],
].join('|')})(?:\\s?:)?\\s|\\s?(?:是|为|為|は)\\s?:?\\s?)`;

/** Printable ASCII characters and letters of European alphabets, but quotation marks. */
const value = '["\'`«„“「]?([!#-&(-_a-~À-ɏͰ-ӿ]{5,200})';

const patternOf = (names: readonly string[], between: string): RegExp =>
  new RegExp(
    `(?<![a-z])(?:${names.map((name) => name.replaceAll(' ', '[ _-]?')).join('|')})${between}${gives}${value}`,
    'gdi',
  );

/** Returns the forms of a name that the keyword filter has to know: it ignores the case of ASCII letters only. */
const formsOf = (name: string): string[] => {
  const joined = [' ', '_', '-', ''].map((between) => name.replaceAll(' ', between));
  return joined.flatMap((form) => [form, form.toUpperCase(), form.charAt(0).toUpperCase() + form.slice(1)]);
};

const keywordsOf = (names: readonly string[]): string[] => [...new Set(names.flatMap(formsOf))];

const isPassword = (secret: string, after: string): boolean =>
  secret.length >= 6 &&
  ((isRandom(secret) && isBarePassword(secret, after)) ||
    isWords(withoutPoint(secret)) ||
    isQuotedOrLast(secret, after));

const withoutPoint = (text: string): string => (/[.,;:]$/.test(text) ? text.slice(0, -1) : text);

/** Says whether words are a password because quotation marks or the line's end follow them. */
const isQuotedOrLast = (secret: string, after: string): boolean =>
  /^(?:["'`»“”」]|\s*$)/.test(after) && /[^a-z]/.test(secret) && isWordsInField(secret);

const isToken = (secret: string, after: string): boolean =>
  secret.length >= 16 && isBareToken(secret, after) && !isNameOfParts(secret);

/** Rules for secrets whose names are not English. */
export const languages: readonly SecretRule[] = [
  {
    name: 'password in another language',
    keywords: [...keywordsOf(passwords), 'clave'],
    pattern: patternOf([...passwords, 'clave(?=["\']?\\s{0,3}[:=])'], '[^:：="\\n]{0,50}?'),
    accept: isPassword,
    masked: [
      'Passwort: ‹Tr0ub4dor-9›',
      'La contraseña de root es: ‹Tr0ub4dor-9›',
      'Votre mot de passe temporaire est ‹Tr0ub4dor-9›',
      'Пароль пользователя root — ‹Tr0ub4dor-9›',
      '密码：‹Tr0ub4dor-9›',
      'Das Passwort lautet ‹Maple&Thunder›',
      'La contraseña es "‹Ruiseñor.2025›"; cámbiela',
      'Пароль: ‹Снегирь-42-зима›',
      'パスワードは ‹Tr0ub4dor-9› です',
    ],
    left: ['Passwort: erforderlich', '密码: 不能为空', 'mot de passe : requis', 'Пароль: обязательное поле'],
  },
  {
    name: 'token or key in another language',
    keywords: keywordsOf(tokens.filter((name) => name !== 'token')),
    pattern: patternOf(tokens, '[^:：="\\n]{0,30}?'),
    accept: isToken,
    masked: [`API-Schlüssel: ‹${sample(32)}›`, `Jeton d'accès : ‹${sample(40)}›`, `密钥: ‹${sample(32)}›`],
    left: ['Schlüssel: node-modules-linux-x64', 'Ключ: значение', 'clave: user_id1'],
  },
];
