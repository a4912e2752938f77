/** Addresses of this machine, with a port of five digits, and what stands for them in pictures, with as many characters. */
const examples: ReadonlyArray<readonly [RegExp, string]> = [
  [/http:\/\/127\.0\.0\.1:\d{5}(?=\/\w+\.git)/g, 'https://gitserver.test'],
  [/127\.0\.0\.1:\d{5}(?=\/)/g, 'registry-1.test'],
];

/** The end of a git server's address that was cut to fit into a column. */
const cutAddress = /…[0-9.:/htp]{1,21}(?=\/\w+\.git)/g;

/**
 * Returns a text without the addresses of this machine, which differ from run to run. Columns keep their widths, because
 * each address is replaced by one of the same length.
 */
export const withoutAddresses = (text: string): string => {
  const cut = text.replaceAll(cutAddress, (end) => `…${'https://gitserver.test'.slice(1 - end.length)}`);
  return examples.reduce((shown, [pattern, example]) => shown.replaceAll(pattern, example), cut);
};
