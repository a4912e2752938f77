import {
  hasInnerCase,
  hasLetterAndDigit,
  isCompound,
  isExpression,
  isJoinedWords,
  isKnownAsOther,
  isLetters,
  isNameOfParts,
  isNumber,
  isPath,
  isVersion,
  placeholder,
  withoutEnd,
} from './known-as-other.ts';
import { isWordsInField } from './words.ts';

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
const endsField = (after: string): boolean => /^(?:\s*$|["'`\s]*[,;}\])<|│┃"'`\\]|\s{2}|\s+#|\s--?>)/.test(after);

/** Matches the beginning of another pair of a name and a value. */
const nextPair = /^\s[A-Za-z_]\w{0,20}[:=]/;

/** Says whether a name of a type or a variable ends a statement of a program. */
const isStatement = (found: string): boolean => /^[A-Za-z]+[;,]$/.test(found);

/** Says whether a value without quotes can be a password: it is neither a word nor an expression. */
export const isBarePassword = (found: string, after: string): boolean => {
  const secret = withoutEnd(found);
  if (secret.length < 5 || isKnownAsOther(secret)) return false;
  if (isExpression(secret)) return isWordsInField(secret) && endsField(after);
  if (isNumber(secret)) return /^\d{6,}$/.test(secret) && endsField(after);
  if (isWordsInField(secret) && !isStatement(found) && (endsField(after) || nextPair.test(after))) return true;
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

/** Matches what follows a pair of a name and a value: the next pair, the next option, or the end of a text. */
const endsPair = /^(?:;|\s*$|["']|,\s?\w+=|&|\s(?:--?\w|\w{2,20}=\S))/;

/** Says whether a word can be a password directly after `=`, also before the brackets that close an object. */
export const isPlainPassword = (found: string): boolean => {
  const secret = /^[^()[\]{}]+[\]}]{1,3}$/.test(found) ? withoutEnd(found) : found;
  return secret.length >= 6 && isPasswordText(secret) && !/[)\]},]$/.test(secret) && !isExpression(secret);
};

/** Says whether a value directly after `name=` is a password, because another pair or the line's end follows. */
export const isPasswordPair = (secret: string, after: string): boolean =>
  isBarePassword(secret, ',') || (endsPair.test(after) && isPlainPassword(secret));
