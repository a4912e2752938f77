import { dump } from 'js-yaml';

/** Returns the first line of a file that `npm run generate` makes. */
export const notice = (source: string): string => `Made by npm run generate from ${source}. Do not edit.`;

/**
 * Returns YAML documents below a notice.
 * @param flowLevel depth from which values are on one line. Default: no depth
 */
export const yamlFile = (source: string, documents: readonly object[], flowLevel = -1): string => {
  const texts = documents.map((document) =>
    dump(document, { flowLevel, lineWidth: 120, noRefs: true, quoteStyle: 'double' }),
  );
  return `# ${notice(source)}\n${texts.join('---\n')}`;
};
