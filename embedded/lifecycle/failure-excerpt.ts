/** Size of a phase's output that is kept to make an excerpt of it, in bytes. */
export const maxKeptBytes = 65_536;
const maxBytes = 1000;
/** Longest line in an excerpt, and longest context, in bytes. */
const maxLineBytes = 500;
const maxContextBytes = 100;

const keyBegin = /BEGIN.*PRIVATE KEY|Private-Lines:|<[DR]SAKeyValue/;
const keyEnd = /END.*PRIVATE KEY|Private-MAC:|<\/[DR]SAKeyValue/;

const colour = '\\u001b\\[[0-9;:?]*[A-Za-z]';
const title = '\\u001b[\\]P_^X][^\\u001b\\u0007]*';

/** Returns a text without colours, titles and links. */
const withoutSequences = (text: string): string =>
  text
    .replaceAll(new RegExp(`${title}(?:\\u0007|\\u001b\\\\)`, 'g'), '')
    .replaceAll(new RegExp(`${title}(${colour})`, 'g'), '$1')
    .replaceAll(new RegExp(colour, 'g'), '');

/** Says whether a private key that began in one of the lines has not ended there. */
const isKeyOpen = (lines: readonly string[]): boolean =>
  lines.findLastIndex((line) => keyBegin.test(line)) > lines.findLastIndex((line) => keyEnd.test(line));

/** Says whether a line is drawn: between the header and the rows of a table. */
const isRuler = (line: string): boolean => /^[-+=|: ]+$/.test(line);

/** Returns what the rows of one table, or the lines of one list of words, have in common; '' for any other line. A colon ends a title. */
const shapeOf = (line: string): string =>
  line.replaceAll(/[^|,;\t]/g, '') || (/^ *[^ ]*[^ :] *$/.test(line) ? 'one word' : '');

/**
 * Returns the line that says what the beginning of an excerpt is: the header of a table, the line before a list of words,
 * or else the line before the excerpt.
 */
const introductionOf = (lines: readonly string[], shown: readonly string[]): string => {
  const shape = shapeOf(shown.find((line) => !isRuler(line)) ?? '');
  const isInside = (line: string): boolean => shape !== '' && (isRuler(line) || shapeOf(line) === shape);
  const before = lines.findLastIndex((line) => !isInside(line));
  if (before === lines.length - 1 || shape === 'one word') return lines[before] ?? '';
  return lines.slice(before + 1).find((line) => !isRuler(line)) ?? '';
};

/**
 * Returns the line before an excerpt, which the service uses to mask the excerpt and does not show: it says that a
 * private key is open, or what the beginning of the excerpt is.
 */
const contextOf = (lines: readonly string[], shown: readonly string[]): string => {
  if (isKeyOpen(lines)) return '-----BEGIN PRIVATE KEY-----';
  return introductionOf(lines, shown)
    .slice(-maxContextBytes)
    .replaceAll(/[^a-zA-Z0-9 "'.,:;=_|\t-]/g, ' ');
};

/**
 * Returns the failure excerpt of a phase's output: a line of context, and the last lines of the output, 1,000 bytes at
 * most. The excerpt has whole lines only, because the service recognises a secret by its beginning and by the text
 * before it. The script run-phase.sh of the Pipeline does the same on a cluster.
 * @param output the phase's last 65,536 bytes of output
 */
export const excerptOf = (output: Buffer): string => {
  const plain = withoutSequences(output.toString());
  const lines = plain.trimEnd().split(/\r\n|\r|\n/);
  // The first of so many bytes may be in the middle of a line.
  const first = output.length < maxKeptBytes ? 0 : 1;
  const shown: string[] = [];
  let left = maxBytes - maxContextBytes;
  let number = lines.length - 1;
  for (; number >= 0; number -= 1) {
    const whole = lines[number] ?? '';
    const isLong = number < first || Buffer.byteLength(whole) > maxLineBytes;
    if (isLong && shown.length > 0) break;
    const line = isLong ? '[a long line is left out here]' : whole;
    left -= Buffer.byteLength(line) + 1;
    if (left < 0) break;
    shown.unshift(line);
  }
  return [contextOf(lines.slice(0, number + 1), shown), ...shown].join('\n');
};
