import { isExpression, isKnownAsOther } from './known-as-other.ts';

/** Longest password of words, in characters. The limit keeps the patterns below from long texts. */
const maxLength = 80;

/** Endings and beginnings of joined words that name a type or a part of a program. */
const typeName =
  /(?:String|Field|Type|Input|Error|Exception|Options?|Value|Manager|Service|Provider|Encoder|Hasher?|Config|Credentials?|Reset|Request|Response|Handler|Validator|Form|View|Model|Schema|Text|Strategy|Policy|Generator|Required|Expired|Invalid|Missing|Store|Ref|Name|Id|Authentication|Auth|Login|Grant|Only|Page|Link|Policy)s?$|^(?:Secure|Hidden|Plain|Is|Has|Get|Set|Use|Nullable|Optional|Not|No)[A-Z]|^[A-Z]{2}|[Pp]ass|[Pp]wd|[Tt]oken|[Ss]ecret/;

/** A sign between letters or digits that neither names nor words have. */
const signed = /[\p{L}\d][&#!^~%+?$*=][\p{L}\d]/u;

/** Words with a hyphen, an underscore or a point between them. */
const separated = /^\p{L}+(?:[-_.+&#!](?:\p{L}+|\d+))+[!?]?$/u;

const isPossible = (value: string): boolean =>
  value.length >= 6 &&
  value.length <= maxLength &&
  !isKnownAsOther(value) &&
  !/pass|token|secret|cred|[-_.](?:key|tls|certs?|auth|id|name|file)$/i.test(value);

const hasBothCases = (value: string): boolean => /\p{Lu}/u.test(value) && /\p{Ll}{2}/u.test(value);

/** Says whether a word ends with two digits or more, such as a year. */
const isWordWithNumber = (value: string): boolean => /^[A-Z]?[a-z]{4,20}[-_.]?\d{2,4}$/.test(value);

const hasSign = (value: string): boolean =>
  signed.test(value) && (value.match(/\p{L}/gu) ?? []).length >= 5 && !/^\w+\?[\w=]*$/.test(value);

const isPlain = (value: string): boolean => !/[/\\(){}[\]<>"'`,;|]|:\/|^[-@]|^[\w-]+=/.test(value);

/** Says whether a text is a password of words and signs, such as `Maple&Thunder`. */
export const isWordsWithSign = (value: string): boolean => isPossible(value) && isPlain(value) && hasSign(value);

/**
 * Says whether a text is a password of words by its form alone: words of both cases that are joined by signs, as in
 * `Maple&Thunder`, or a word with a number. Names of programs, headers and types have other forms.
 */
export const isWords = (value: string): boolean => {
  if (!isPossible(value) || !isPlain(value)) return false;
  if (isWordWithNumber(value) || hasSign(value)) return true;
  return separated.test(value) && !/^[A-Z]{2,}\d?_/.test(value) && hasBothCases(value) && !isExpression(value);
};

/** Says whether three words or more, all of them in lower case, are joined by hyphens or points. */
const isLowerPhrase = (value: string): boolean => /^[a-z]+(?:[-.][a-z\d]+){2,9}$/.test(value);

/** Says whether two words of three letters or more are joined by a hyphen. */
const isPair = (value: string): boolean => /^[a-z]{3,20}-[a-z]{3,20}$/.test(value);

/** Says whether words are joined by their capital letters, and name no type. */
const isCamel = (value: string): boolean =>
  /^[A-Z][a-z]{2,20}(?:[A-Z][a-z]{2,20})+\d?$/.test(value) && !typeName.test(value);

/** Says whether a small and a capital word are joined by a point, unless the first one names an object of a program. */
const isDotted = (value: string): boolean =>
  /^[a-z]{4,20}\.[A-Z][a-z]{2,20}$/.test(value) &&
  !/^(?:config|conf|settings?|self|this|that|options?|opts|args?|params?|process|env|users?|account|request|secrets|vars|local|data|values?|models?|forms?|props|state|context|system|types?|schema|string|auth|crypto|bcrypt|hash|http|java|kotlin|scala|reflect|time|strings|json|yaml|errors?|event|input|output|token|login|session|client|server|service|root|main|test|util|utils|core|base|base|spec|meta|node|item|entry|field|source|target|result|response)\./.test(
    value,
  );

/** Says whether a word ends with an exclamation mark, as passwords with a forced sign do. */
const isExclaimed = (value: string): boolean => /^[A-Za-z]{6,20}!$/.test(value);

/**
 * Says whether a text can be a password of words where a whole field is a password's value: also words in lower case with
 * hyphens, joined words, and a word with an exclamation mark.
 */
export const isWordsInField = (value: string): boolean =>
  isWords(value) ||
  (isPossible(value) &&
    (isLowerPhrase(value) || isPair(value) || isExclaimed(value) || isCamel(value) || isDotted(value)));

/** Says whether a value of several words is a passphrase of lower-case words: `correct horse`. */
export const isPhrase = (value: string): boolean =>
  value.length <= maxLength && /^[a-z]{3,12}(?: [a-z]{3,12}){1,9}$/.test(value);

/** Says whether a text can be a secret of words that a person has chosen. Two words with a hyphen are rather a name. */
export const isChosenSecret = (value: string): boolean =>
  isPhrase(value) || (isWordsInField(value) && !/^[a-z]+-[a-z]+$/.test(value));
