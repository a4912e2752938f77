/** Matches text that documentation and scripts print in the place of a secret, such as `$TOKEN` or `changeme`. */
export const placeholder =
  /^(?:\$?\$\{?\w+\}?|\$\{.*|\$\(.*|%\w+%|\{\{.*|\{[\w.]*\}|<.*|&lt;.*|\*+|x+|\.+|-+|[[(]?(?:masked|redacted|hidden|secrets?|filtered|removed|none|not set|sensitive|empty|unset)[\])]?|null|nil|none|undefined|true|false|yes|no|changeme|change[-_]me|example|passwords?|tokens?|todo|string|your[-_][\w-]*|your[a-z]*|\w{1,20}[-_]?value\d?|value\w*|\?[\w -]*\}?|my[-_]?(?:password|secret|token|api[-_]?key)|%s|%[a-z]|\?+|_+|=+)$/i;

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
    'always never once on_create pre_hashed contains confirm confirmed confirmation repeat current retype verify verified username reset forgot'
  ).split(' '),
);

/** Matches what an example asks a reader to replace, and variables of templates. */
const instruction =
  /^(?:please[-_ ])?(?:replace|insert|change|put|enter|fill|your|paste|add|set)[-_ ](?:me|it|this|your|the|in|with|here|an?|my|password|secret|token|key|value)(?:[-_ ][\w-]{0,40})?$|^[\w-]{1,60}[-_](?:here|changeme|placeholder)$|^(?:@@|__|#\{|%)\w{1,40}(?:@@|__|\}|%)$|^(?:Fn::|!)[A-Z]\w{1,20}$/i;

/** The word for a password, in languages in which labels of forms are often printed. */
const translation =
  /^(?:passwort|kennwort|wachtwoord|contrase(?:ña|na|nya)|senha|mot[-_ ]de[-_ ]passe|has[łl]o|heslo|parola?|l[öo]senord|passord|salasana|adgangskode|jelsz[óo]|[sş]ifre|пароль|login|email|e-mail)$/i;

const closing = new Set([...',;:.)}]\\']);

/**
 * Removes punctuation that closes a statement or a list after a value without quotes. A regular expression would take
 * quadratic time for a long run of such characters that does not end the value.
 */
export const withoutEnd = (value: string): string => {
  let end = value.length;
  while (end > 0 && closing.has(value.charAt(end - 1))) end -= 1;
  return value.slice(0, end);
};

/** Says whether a value is a word that says something about a secret, such as `enabled`. */
export const isRemark = (value: string): boolean => remarks.has(value.toLowerCase().replace(/[.!?]$/, ''));
export const isNumber = (value: string): boolean => /^[-+~<>]?\d[\d.,:_/+-]*\s?(?:[a-z%/]{0,8})$/i.test(value);
export const isVersion = (value: string): boolean =>
  /^[\^~>=<v\s]*\d+\.(?:\d+|[x*])(?:[-+.][\w.+*-]*)?(?:\s.*)?$/.test(value);
const isAddress = (value: string): boolean =>
  /^(?:(?:\w{1,40}=)?[a-z][a-z0-9+.-]{1,20}:\/\/|(?:npm|file|data|git|sha\d+|urn):)/i.test(value);

/** Says whether a part of a path is a name: it has three letters, points or hyphens in a row. */
const isFileName = (part: string): boolean => /^[\w.@+-]+$/.test(part) && /[a-z.-]{3}/.test(part);

/** Says whether a value is a path with a slash at its start, or after `~`, `.` or `..`. */
const isPathFromRoot = (value: string): boolean => {
  const [first = '', ...parts] = value.split('/');
  if (!/^(?:~|\.{1,2})?$/.test(first)) return false;
  if (parts.at(-1) === '') parts.pop();
  return parts.length > 0 && parts.every(isFileName);
};

export const isPath = (value: string): boolean =>
  isPathFromRoot(value) ||
  /^\.{1,2}\//.test(value) ||
  /^[\w./-]{1,200}\.[a-z]{1,4}:[\d(]/.test(value) ||
  /^[A-Za-z]:\\/.test(value) ||
  /^[\w@.-]+(?:\/[\w@.-]+)*\.[a-z][a-z0-9]{0,4}$/.test(value);

/** Says whether a value without quotes is an expression of a programming language, such as a call. */
export const isExpression = (value: string): boolean =>
  /^[!&*]?[A-Za-z_$][\w$]*(?:\??\.\[?[A-Za-z_$][\w$]*|::[A-Za-z_]\w*)*[([{]/.test(value) ||
  /^[A-Za-z_$]+\d?(?:\??\.[A-Za-z_$]+\d?)+$/.test(value) ||
  /^(?:[[({|]|=>|->|\/.{1,400}\/[a-z]{0,8}[;,)]?$)/.test(value);

/** Says whether words are separated by hyphens, underscores, points or slashes, each of letters or digits alone. */
export const isCompound = (value: string): boolean =>
  /^(?:[A-Za-z]+|\d+)(?:[-_./:@#+](?:v?\d+|[A-Za-z]+))+$/.test(value);

/** Says whether words are separated as isCompound says, where a word may also end with a digit or two, such as `x64`. */
export const isNameOfParts = (value: string): boolean =>
  /^(?:[A-Za-z]+\d{0,2}|\d+)(?:[-_./:@#+](?:\d+|[A-Za-z]+\d{0,2}))+$/.test(value);

export const isLetters = (value: string): boolean => /^[A-Za-z]+$/.test(value);
export const hasLetterAndDigit = (value: string): boolean => /\d/.test(value) && /[A-Za-z]/.test(value);

/** Says whether the case of letters changes as often as in generated text, unlike in words that are joined. */
export const hasInnerCase = (value: string): boolean =>
  (value.match(/[a-z](?=[A-Z])|[A-Z](?=[a-z])/g) ?? []).length >= 0.35 * value.length;

/**
 * Says whether a value is a name of a program: words that are joined, with one digit at most. A word has three letters or
 * more, or is an abbreviation of two capital letters or more.
 */
export const isJoinedWords = (value: string): boolean => {
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

/** Words with which names of states and of rules begin, such as `not-set`, `must-change` and `Every-30-Days`. */
const stateStart =
  /^(?:must|see|not|no|is|has|use|using|at|in|on|as|to|from|per|every|each|should|can|cannot|need|needs|too|very|already|auto|self|pre|un|re|non|same|all|any|only|default|case|read|write|built|min|max|keep|always|never|if|when|on|off|set|get|pull|push|out|up|add|remove|x)[-_.]/i;

/** Says whether a value is something that stands where a secret could stand, but is none. */
export const isKnownAsOther = (value: string): boolean =>
  placeholder.test(value) ||
  translation.test(value) ||
  instruction.test(value) ||
  (stateStart.test(value) && isCompound(value)) ||
  /^(?:required|nullable|sometimes|confirmed|string|bail)[|]/.test(value) ||
  /^[A-Z]\w{0,40}<[A-Za-z_<>, :&']{1,80}$/.test(value) ||
  /^[A-Z]\w{1,20}:\d{1,6}[}\])]{0,3}$/.test(value) ||
  isRemark(value) ||
  isAlgorithm(value) ||
  isOtherScript(value) ||
  isClassName(value) ||
  isVersion(value) ||
  isPackage(value) ||
  isRevision(value) ||
  isAddress(value) ||
  isPath(value);
