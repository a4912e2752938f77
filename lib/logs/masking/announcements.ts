import { logPrefixLength } from './line-tracker.ts';
import { isKeyLike, isPasswordText, isRandom, isStrong, isTokenText } from './rules/judge.ts';
import { secretName } from './rules/names.ts';
import { isWordsInField } from './rules/words.ts';

/** An announcement: a line says that one of the next lines holds a secret. */
export type Announcement = {
  /** Matches a line with the secret, which is the first group. Flag `d`. */
  item: RegExp;
  /** Says whether what `item` has found is a secret. */
  accept: (secret: string) => boolean;
  /** Matches lines that may stand before the secret. */
  gap: RegExp;
  /** Number of such lines at most. */
  gaps: number;
  /** Number of secrets, one in each line, at most. */
  count: number;
};

const name = new RegExp(secretName, 'i');

/** Limit for the length of a line that announces a secret, in characters. */
const maxLength = 400;

/**
 * A line whose only word may be a secret: in a frame, in quotation marks, behind its number in a list, or behind words
 * such as `New value:`.
 */
const onlyWord =
  /^[\s=*#|>+-]{0,80}(?:\(?\d{1,3}[.):]\)?\s{1,4})?(?:(?:new |generated )?(?:value|password|token|key)\s?:\s{1,4})?["'`]?(?:base64:)?([^\s"'`=*#|>+-][^\s"'`]{3,2048})["'`]?[\s=*#|]{0,80}$/di;

/** A line without a word: empty, or drawn. */
const noWord = /^[\s=*#|+_─━-]*$/;

const isAnnounced = (word: string): boolean => word.length >= 8 && isRandom(word) && isTokenText(word);
const isCertain = (word: string): boolean =>
  /^[0-9a-f]{32}$/.test(word) ||
  (word.length >= 16 && /[A-Z]/.test(word) && !word.includes(',') && (isKeyLike(word) || isStrong(word)));
const isItem = (word: string): boolean =>
  word.length >= 6 && /\d/.test(word) && /^[0-9A-Za-z]+(?:-[0-9A-Za-z]+){0,7}$/.test(word);
const isRead = (word: string): boolean =>
  !/^[\w-]{1,40}:[x*!]:\d/.test(word) &&
  ((isRandom(word) && (isTokenText(word) || isStrong(word))) || isWordsInField(word));
const isGenerated = (word: string): boolean => word.length >= 12 && isRandom(word) && !/[(){}]/.test(word);
const isBase64 = (word: string): boolean => /^[A-Za-z0-9+/]{4,}={0,2}$/.test(word);

const oneWord = { item: onlyWord, gap: noWord, gaps: 2, count: 1 };
const nextLine = { ...oneWord, gaps: 0 };

/** A sentence with the name of a secret that ends with a colon. */
const openSentence: Announcement = { ...oneWord, accept: isAnnounced };
/** A sentence with the name of a secret that does not end with a colon. */
const closedSentence: Announcement = { ...oneWord, accept: isCertain };
const listOfCodes: Announcement = { ...oneWord, accept: isItem, count: 32 };
const generatedByCommand: Announcement = { ...nextLine, accept: isGenerated };
const readByCommand: Announcement = { ...nextLine, accept: isRead };
/** The server's request for a password in SMTP: `Password:` in base64. */
const passwordRequest: Announcement = { ...nextLine, item: /(?<![^\s])([^\s"'`]{4,2048})\s{0,8}$/d, accept: isBase64 };
/** An object that is named like a secret and has a member `value`, as Terraform prints its outputs. */
const objectWithValue: Announcement = {
  item: /^\s{0,40}["']?value["']?\s?[:=]\s?["']((?:[^"'\\]|\\.)+)/d,
  accept: isPasswordText,
  gap: /^\s{0,40}["']?\w{1,40}["']?\s?[:=]/,
  gaps: 4,
  count: 1,
};

/** A field `value` of an object in which another field has the name of the secret. */
const fieldOfName: Announcement = {
  ...objectWithValue,
  item: /^\s{0,40}["']\w{0,12}value["']\s?:\s?["']((?:[^"'\\]|\\.)+)/di,
  accept: (value) => (isRandom(value) && isTokenText(value)) || isWordsInField(value),
};

const list =
  /(?:(?:recovery|backup|scratch|emergency|one-time)[ -](?:codes|passwords|keys)|private keys)(?:\s\([^()]{0,100}\))?\s?:?$/i;
/** A field whose value is the name of a secret. The value of the secret is in one of the next fields. */
const nameField = new RegExp(
  `^[\\s{[]{0,40}"(?:name|key|id|parameterkey|outputkey|variable)"\\s?:\\s?"[^"]{0,200}?${secretName},$`,
  'i',
);
const object = new RegExp(`${secretName}\\s?[:=]?>?\\s?\\{$`, 'i');

/** Commands that print a secret which they have just made or fetched. */
const generator =
  /\bwg gen(?:key|psk)\b|\b(?:pwgen|apg|mkpasswd)\b|\bopenssl rand\b|key:generate|secrets\.token_|randomBytes|get-login-password|print-(?:access|identity)-token|\bcreate token\b|\bauth token\b|\btoken (?:create|new)\b|\b(?:rails|rake) secret\b|generate-?(?:secret|key|password|token)|\/dev\/u?random/;

/** Commands and options that print what they read. */
const reader =
  /\b(?:echo|printf|printenv|cat|head|tail|show|read|get|output|print\w*|reveal|decrypt|create|generate|base64|jq|yq|value|field|access|find-generic-password)\b/;

/** The sign with which a shell shows a command, after what stands before the sign. */
const shellSign = /^(?:\S{1,60} )?\S{0,60}?[+$#>❯%] {1,2}(?=\S)/;
const mayHaveShellSign = /[+$#>❯%] /;

/** Sentences without a colon and without signs of code. Most lines are refused at their first character. */
const sentence = /^[A-Z][A-Za-z ,.'"[\]-]{12,160}$/;

const ofCommand = (text: string): Announcement | undefined => {
  const command = text.slice(shellSign.exec(text)?.[0].length ?? text.length);
  if (command === '') return undefined;
  if (generator.test(command)) return generatedByCommand;
  if (/^(?:echo|printf)\b[^$`|]*$/.test(command)) return undefined;
  return reader.test(command) && name.test(command) ? readByCommand : undefined;
};

const ofSentence = (text: string): Announcement | undefined => {
  const isOpen = text.endsWith(':');
  if ((isOpen || text.endsWith('s')) && list.test(text)) return listOfCodes;
  if (isOpen) return name.test(text) ? openSentence : undefined;
  if (text.endsWith(',')) return nameField.test(text) ? fieldOfName : undefined;
  if (text.endsWith('{')) return object.test(text) ? objectWithValue : undefined;
  return sentence.test(text) && name.test(text) ? closedSentence : undefined;
};

const lastCharacters = new Set([...':{s6, '].map((character) => character.charCodeAt(0)));
const beginsSentence = /^[A-Z#[]/;

/** Says cheaply, by the last and the first character, whether a line may announce a secret without a command. */
const mayAnnounce = (line: string): boolean =>
  lastCharacters.has(line.charCodeAt(line.length - 1)) || beginsSentence.test(line);

/** Returns what a line announces, if anything. */
export const announcementOf = (line: string): Announcement | undefined => {
  if (!mayAnnounce(line) && !mayHaveShellSign.test(line)) return undefined;
  const text = line.slice(logPrefixLength(line)).trimEnd();
  if (text.length > maxLength) return undefined;
  if (text.endsWith('UGFzc3dvcmQ6')) return passwordRequest;
  return (mayHaveShellSign.test(text) ? ofCommand(text) : undefined) ?? ofSentence(text);
};
