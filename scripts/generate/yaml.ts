import { dump } from 'js-yaml';

/** The first line of a file that `npm run generate` makes. */
export const notice = (source: string): string => `Made by npm run generate from ${source}. Do not edit.`;

/** YAML documents under a notice. @param flowLevel depth from which a value is written on one line */
export const yamlFile = (source: string, documents: readonly object[], flowLevel = -1): string => {
  const texts = documents.map((document) =>
    dump(document, { flowLevel, lineWidth: 120, noRefs: true, quoteStyle: 'double' }),
  );
  return `# ${notice(source)}\n${texts.join('---\n')}`;
};
