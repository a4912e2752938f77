/** Options and arguments as the user types them, by the API's names of parameters and of the body's fields. */
const typedNames: Readonly<Record<string, string>> = {
  toolname: '--tool',
  id: 'ID',
  'Idempotency-Key': '--idempotency-key',
  source_url: 'URL',
  ref: '--ref',
  image_name: '--image-name',
  envvars: '-e',
  use_latest_versions: '--use-latest-versions',
  use_deprecated_versions: '--use-deprecated-versions',
  follow: '--follow',
  step: '--step',
  tail: '--tail',
  since: '--since',
  grep: '--grep',
  from_line: '--from-line',
  lines: '--lines',
};

const typedName = (field: string): string | undefined =>
  Object.hasOwn(typedNames, field) ? typedNames[field] : undefined;

/** Fields of the API that the sentences of an error code are about, where the response names no field. */
const fieldsOfCodes: Readonly<Record<string, string>> = { ref_invalid: 'ref', ref_not_found: 'ref' };

/**
 * Returns the option or argument that a field of the API comes from; undefined for another field. A variable is shown
 * without its value, which may be a secret.
 */
const optionOf = (field: string): string | undefined => {
  const [name = '', ...variable] = field.split('.');
  const option = typedName(name);
  return option === undefined || variable.length === 0 ? option : `${option} ${variable.join('.')}=…`;
};

/** Parts of the body of an error response. Each is undefined if the body does not have it. */
export type ErrorBody = { sentences: readonly string[] } & Record<'code' | 'field' | 'problem', string | undefined>;

/**
 * Returns the lines that tell the user what the API has refused. A wrong part of the request is named by the option or
 * argument that the user typed: `--tail: must be a number`.
 */
export const refusalLines = ({ sentences, code = '', field, problem }: ErrorBody): readonly string[] => {
  const option = optionOf(field ?? (Object.hasOwn(fieldsOfCodes, code) ? fieldsOfCodes[code] : undefined) ?? '');
  if (option === undefined) return sentences;
  if (problem === undefined) return sentences.map((sentence, at) => (at === 0 ? `${option}: ${sentence}` : sentence));
  return [`${option}: ${problem.replace(/`([^`]*)`/g, (whole, name: string) => typedName(name) ?? whole)}.`];
};
