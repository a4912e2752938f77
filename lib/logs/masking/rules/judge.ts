/** Matches text that documentation and scripts print in the place of a secret, such as `$TOKEN` or `changeme`. */
const placeholder =
  /^(?:\$?\$\{?\w+\}?|\$\{.*|\$\(.*|%\w+%|\{\{.*|\{[\w.]*\}|<.*|&lt;.*|\*+|x+|\.+|-+|[[(]?(?:masked|redacted|hidden|secrets?|filtered|removed|none|not set|sensitive|empty|unset)[\])]?|null|nil|none|undefined|true|false|yes|no|changeme|change[-_]me|example|passwords?|tokens?|todo|string|your[-_]?[\w-]*|my[-_]?(?:password|secret|token|api[-_]?key)|%s|%[a-z]|\?+|_+|=+)$/i;

/**
 * Words that stand after the name of a secret and say something about the secret: its state, its type, or what a
 * program expects in its place.
 */
const remarks = new Set(
  (
    'required optional missing invalid expired enabled disabled incorrect wrong empty default provided found valid ' +
    'failed failure denied accepted rejected revoked rotated refreshed unknown unset changed updated created deleted ' +
    'configured loaded generated matched matches mismatch unchanged supported unsupported available unavailable ' +
    'present absent random number integer boolean object array bytes buffer function password passwort passwd ' +
    'passphrase secret username identifier comma rparen lparen string keyword operator hashed encrypted plaintext ' +
    'plain hash input value params options config settings request response account credentials authentication ' +
    'authorization bearer basic digest refresh access private public session strong weak short optional external ' +
    'internal production development staging testing service services expects expected unexpected nothing anonymous ' +
    'interactive prompt manual automatic inherit inherited getpass environ getenv storage database keyring vault ' +
    'contains confirm confirmed confirmation repeat current retype verify verified username reset forgot'
  ).split(' '),
);

const closing = new Set([...',;:.)}]\\']);

/**
 * Removes punctuation that closes a statement or a list after a value without quotes. A regular expression would take
 * quadratic time for a long run of such characters that does not end the value.
 */
const withoutEnd = (value: string): string => {
  let end = value.length;
  while (end > 0 && closing.has(value.charAt(end - 1))) end -= 1;
  return value.slice(0, end);
};

/** Says whether a value is a word that says something about a secret, such as `enabled`. */
export const isRemark = (value: string): boolean => remarks.has(value.toLowerCase().replace(/[.!?]$/, ''));
const isNumber = (value: string): boolean => /^[-+~<>]?\d[\d.,:_/+-]*\s?(?:[a-z%/]{0,8})$/i.test(value);
const isVersion = (value: string): boolean => /^[\^~>=<v\s]*\d+\.(?:\d+|[x*])(?:[-+.][\w.+*-]*)?(?:\s.*)?$/.test(value);
const isAddress = (value: string): boolean =>
  /^(?:[a-z][a-z0-9+.-]{1,20}:\/\/|(?:npm|file|data|git|sha\d+|urn):)/i.test(value);

/** Says whether a part of a path is a name: it has three letters, points or hyphens in a row. */
const isFileName = (part: string): boolean => /^[\w.@+-]+$/.test(part) && /[a-z.-]{3}/.test(part);

/** Says whether a value is a path with a slash at its start, or after `~`, `.` or `..`. */
const isPathFromRoot = (value: string): boolean => {
  const [first = '', ...parts] = value.split('/');
  if (!/^(?:~|\.{1,2})?$/.test(first)) return false;
  if (parts.at(-1) === '') parts.pop();
  return parts.length > 0 && parts.every(isFileName);
};

const isPath = (value: string): boolean =>
  isPathFromRoot(value) ||
  /^\.{1,2}\//.test(value) ||
  /^[A-Za-z]:\\/.test(value) ||
  /^[\w@.-]+(?:\/[\w@.-]+)*\.[a-z][a-z0-9]{0,4}$/.test(value);

/** Says whether a value without quotes is an expression of a programming language, such as a call. */
const isExpression = (value: string): boolean =>
  /^[!&*]?[A-Za-z_$][\w$]*(?:\??\.\[?[A-Za-z_$][\w$]*|::[A-Za-z_]\w*)*[([{]/.test(value) ||
  /^[A-Za-z_$]+\d?(?:\??\.[A-Za-z_$]+\d?)+$/.test(value) ||
  /^(?:[[({|]|=>|->|\/.{1,400}\/[a-z]{0,8}[;,)]?$)/.test(value);

/** Says whether words are separated by hyphens, underscores, points or slashes, each of letters or digits alone. */
const isCompound = (value: string): boolean => /^(?:[A-Za-z]+|\d+)(?:[-_./:@#+](?:v?\d+|[A-Za-z]+))+$/.test(value);

/** Says whether words are separated as isCompound says, where a word may also end with a digit or two, such as `x64`. */
export const isNameOfParts = (value: string): boolean =>
  /^(?:[A-Za-z]+\d{0,2}|\d+)(?:[-_./:@#+](?:\d+|[A-Za-z]+\d{0,2}))+$/.test(value);

const isLetters = (value: string): boolean => /^[A-Za-z]+$/.test(value);
const hasLetterAndDigit = (value: string): boolean => /\d/.test(value) && /[A-Za-z]/.test(value);

/** Says whether the case of letters changes as often as in generated text, unlike in words that are joined. */
const hasInnerCase = (value: string): boolean =>
  (value.match(/[a-z](?=[A-Z])|[A-Z](?=[a-z])/g) ?? []).length >= 0.35 * value.length;

/**
 * Says whether a value is a name of a program: words that are joined, with one digit at most. A word has three letters or
 * more, or is an abbreviation of two capital letters or more.
 */
const isJoinedWords = (value: string): boolean => {
  const [, rest = ''] = /^[A-Za-z]?[a-z]+(?:\d[a-z]*)?((?:[A-Z][a-z]*)+)\d?$/.exec(value) ?? [];
  const words = rest.match(/[A-Z][a-z]*/g) ?? [];
  const isWord = (word: string, at: number): boolean =>
    word.length >= 3 || (word.length === 1 && (words[at - 1]?.length === 1 || words[at + 1]?.length === 1));
  return words.length > 0 && words.every(isWord);
};

/** Says whether a value names a revision, as tags of images do. */
const isRevision = (value: string): boolean => /^(?:sha|git|rev|commit|build)[-_][0-9a-f]{6,40}$/.test(value);

/** Says whether a value is a package with its version. */
const isPackage = (value: string): boolean => /^@?[\w./-]+@[\^~]?v?\d[\w.-]*$/.test(value);

/** Says whether a value names an algorithm or an encoding, such as `sha256` or `utf8mb4`. */
const isAlgorithm = (value: string): boolean =>
  /^(?:sha-?\d{1,3}|md5|bcrypt|scrypt|argon2|pbkdf2|base-?\d\d|utf-?\d{1,2}|oauth-?\d|[hrep]s\d{3}|aes-?\d{3}|x?ed?25519|rsa-?\d{4}|ipv\d|tls\d|v\d+)\w{0,12}$/i.test(
    value,
  );

/** Says whether a value is the name of a class with its namespace, or the visibility of a member, as PHP prints both. */
const isClassName = (value: string): boolean => /^(?:[A-Z]\w*\\{1,2})+[A-Z]\w*$|^(?:protected|private)\]/.test(value);

/** Says whether a value is a word or a sentence of another alphabet, in a script without spaces too. */
const isOtherScript = (value: string): boolean => /[^\0-\x7f]{2}/.test(value) && !/[\dA-Za-z]/.test(value);

/** Says whether a value is something that stands where a secret could stand, but is none. */
const isKnownAsOther = (value: string): boolean =>
  placeholder.test(value) ||
  isRemark(value) ||
  isAlgorithm(value) ||
  isOtherScript(value) ||
  isClassName(value) ||
  isVersion(value) ||
  isPackage(value) ||
  isRevision(value) ||
  isAddress(value) ||
  isPath(value);

/** Says whether a value can be a secret at all. */
export const isLiteral = (secret: string): boolean => !placeholder.test(secret);

/** Says whether a value has letters and digits, as generated secrets have. */
export const isRandom = (secret: string): boolean => isLiteral(secret) && hasLetterAndDigit(secret);

/**
 * Says whether a quoted value, or the content of an element, can be a password. Sentences are none.
 */
export const isPasswordText = (secret: string): boolean => {
  if (secret.length < 4 || isKnownAsOther(secret)) return false;
  if (/\s/.test(secret)) return isPassphrase(secret);
  return !/^[\W_]*$/.test(secret) || secret.length > 5;
};

/** Words of sentences, which passphrases rarely have. */
const prose =
  /(?:^|[\s("'])(?:an?|the|your|you|is|are|was|of|to|for|not|no|must|may|and|or|in|on|by|with|enter|please|invalid|new|old|current|user|if|be|has|have|can|cannot|at|from|this|that|password|passwords|token|secret|do|does|should|too|required|reset|change|forgot|confirm|repeat|show)(?=$|[\s)"',.:;?!])/i;

/** Says whether a text is a sentence or a title of any language: it begins with a capital letter, or has letters beyond ASCII. */
const isSentence = (text: string): boolean => /^[A-Z][a-z]+ [^\d]*$|[^\0-\x7f]/.test(text);

const isPassphrase = (secret: string): boolean =>
  secret.length < 100 && (/[$#%^&*+=@~|\\{}[\]_]/.test(secret) || (!prose.test(secret) && !isSentence(secret)));

/** Says whether a quoted value, or the content of an element, can be a token or key. */
export const isTokenText = (secret: string): boolean => {
  if (secret.length < 6 || isKnownAsOther(secret) || isNumber(secret)) return false;
  if (/\s/.test(secret)) return hasLetterAndDigit(secret) && !prose.test(secret);
  if (isLetters(secret)) return secret.length >= 20 || hasInnerCase(secret);
  return !isCompound(secret) || hasLetterAndDigit(secret);
};

/** Says whether what follows a value without quotes ends the value: the line's end, punctuation or a gap. */
const endsField = (after: string): boolean => /^(?:\s*$|["'`\s]*[,;}\])<|│┃"'`\\]|\s{2}|\s+#)/.test(after);

/** Says whether a value without quotes can be a password: it is neither a word nor an expression. */
export const isBarePassword = (found: string, after: string): boolean => {
  const secret = withoutEnd(found);
  if (secret.length < 5 || isKnownAsOther(secret) || isExpression(secret)) return false;
  if (isNumber(secret)) return /^\d{6,}$/.test(secret) && endsField(after);
  if (isLetters(secret)) return hasInnerCase(secret) || (secret.length > 20 && endsField(after));
  return (hasLetterAndDigit(secret) || /[^\w.-]/.test(secret)) && (endsField(after) || hasLetterAndDigit(secret));
};

/** Says whether a value without quotes can be a token or key: it has letters and digits and is no compound of words. */
export const isBareToken = (found: string, after: string): boolean => {
  const secret = withoutEnd(found);
  if (secret.length < 8 || isKnownAsOther(secret) || isExpression(secret) || isNumber(secret)) return false;
  if (isLetters(secret)) return secret.length >= 20 && hasInnerCase(secret);
  if (!hasLetterAndDigit(secret) || isCompound(secret) || isJoinedWords(secret)) return false;
  return endsField(after) || secret.length >= 16;
};

/** Says whether a value directly after `NAME=`, with a name in capitals, is a secret. Environments are printed so. */
export const isVariable = (found: string): boolean => {
  const secret = withoutEnd(found);
  return secret.length >= 6 && !isKnownAsOther(secret) && !isNumber(secret) && !isExpression(secret);
};

/** Says whether a value directly after `NAME=`, with a password's name in capitals, is a password. */
export const isPasswordVariable = (found: string): boolean => {
  const secret = withoutEnd(found);
  return (
    secret.length >= 5 && !isKnownAsOther(secret) && !(isNumber(secret) && secret.length < 6) && !/^\$/.test(secret)
  );
};

/**
 * Says whether a text is a password or token by its form alone: it has letters and digits, and signs, letters of both
 * cases or many changes between letters and digits, as generated secrets have.
 */
export const isStrong = (found: string): boolean => {
  const secret = withoutEnd(found);
  if (secret.length < 8 || !hasLetterAndDigit(secret) || isKnownAsOther(secret) || isNumber(secret)) return false;
  if (isExpression(secret) || isCompound(secret) || isJoinedWords(secret)) return false;
  if (/^[A-Z]?[a-z]+\d{1,4}$/.test(secret)) return false;
  return /[!#$%^&*?~]|[^@]@[^@]/.test(secret) || (/[a-z]/.test(secret) && /[A-Z]/.test(secret)) || changes(secret) >= 5;
};

/** Counts the places in a text at which letters and digits meet. */
const changes = (text: string): number => (text.match(/\d(?=[A-Za-z])|[A-Za-z](?=\d)/g) ?? []).length;

/** Says whether an argument of a command is a secret: any text that is no variable and no example. */
export const isArgument = (secret: string): boolean =>
  secret.length >= 3 && isLiteral(withoutEnd(secret)) && !/^(?:\$|-|<|\[|>|")/.test(secret) && !isPath(secret);

/** Says whether base64 holds a user's name, a colon and a password. */
export const isBasic = (secret: string): boolean => {
  const pair = Buffer.from(secret, 'base64').toString('latin1');
  return /^[^\s:]{0,200}:/.test(pair) && pair.length > 3 && /^[\x20-\x7e]+\s?$/.test(pair);
};

/** Says whether base64 without a scheme before it holds a user's name, a colon and a password. */
export const isCredentialPair = (secret: string): boolean =>
  isBasic(secret) && /^[\w.@$+%-]{1,64}:[^\s/:]\S{3,}$/.test(Buffer.from(secret, 'base64').toString('latin1'));

/** Beginnings of tokens, at the start of the last word of a line. */
const tokenBeginning =
  /^["'(=:]{0,3}(?:gh[pousr]_|github_pat_|gl(?:pat|cbt|rt|dt|ptt|soat|ft|wt)-|eyJ|npm_|pypi-|xox[abeoprs]-|sk-|hvs\.|ya29\.|dop_v1_|dckr_pat_|AKCp|LS0tLS1CRUdJTi)/;

/** Says whether a line ends within a token that has a known beginning. */
export const isTokenBegun = (text: string): boolean => {
  const from = text.lastIndexOf(' ') + 1;
  return text.length - from >= 8 && tokenBeginning.test(text.slice(from, from + 20));
};

/**
 * Says whether the text at the start of a line can be the rest of a token that the line before has begun.
 * @param isWhole whether the line has nothing else
 */
export const isFolded = (part: string, isWhole: boolean): boolean => {
  if (isPath(part) || isVersion(part) || isCompound(part) || /^[-=._+~%/]+$/.test(part)) return false;
  if (isWhole) return !/^[A-Za-z]?[a-z]*[.:!]*$/.test(part);
  return part.length >= 8 && hasLetterAndDigit(part);
};

/** Says whether a text of any name looks like a generated key: letters of both cases and digits, and no words. */
export const isKeyLike = (value: string): boolean =>
  /^[A-Za-z0-9+/=_.~-]{20,}$/.test(value) &&
  /[a-z]/.test(value) &&
  /[A-Z]/.test(value) &&
  (value.match(/\d/g) ?? []).length >= 2 &&
  !isKnownAsOther(value) &&
  !isNameOfParts(value);

/** Says whether one of the elements of a list is a password or token. */
export const hasSecretElement = (list: string): boolean =>
  list.split(/[\s,"'`]+/).some((element) => isBareToken(element, ',') && hasLetterAndDigit(element));

/** Says whether a value directly after `name=` is a password, because another pair or the line's end follows. */
export const isPasswordPair = (secret: string, after: string): boolean =>
  isBarePassword(secret, ',') ||
  (/^(?:;|\s*$|\s\w{2,20}=\S)/.test(after) &&
    secret.length >= 6 &&
    isPasswordText(secret) &&
    !/[)\]},]$/.test(secret) &&
    !isExpression(secret));
