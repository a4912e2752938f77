import { createConfig, lint } from '@redocly/openapi-core';

/** Rules that the set `recommended` does not have, or has only as warnings. */
const rules = {
  'no-duplicated-tag-names': 'error',
  'no-invalid-media-type-examples': 'error',
  'no-invalid-parameter-examples': 'error',
  'no-invalid-schema-examples': 'error',
  'no-schema-type-mismatch': 'error',
  'no-unused-components': 'error',
  // Every operation describes its errors in the response `default`, with all their statuses in the document's table.
  'operation-4xx-response': 'off',
  'operation-tag-defined': 'error',
  'tag-description': 'error',
} as const;

/**
 * Checks an OpenAPI document against the specification, its examples against their schemas, and both against our rules.
 * @param file path of the document
 * @returns a sentence for each problem, with the line where it is. Empty for a document without problems
 */
export const openapiProblems = async (file: string): Promise<string[]> => {
  const config = await createConfig({ extends: ['recommended-strict'], rules });
  const problems = await lint({ ref: file, config });
  return problems.map(({ message, ruleId, location: [place] }) => {
    const pointer = place && 'pointer' in place ? place.pointer : '';
    return `${pointer}: ${message.trim()} (${ruleId})`;
  });
};
