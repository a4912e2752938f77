import type { BuildParameters } from '../../openapi/generated/types.ts';
import { hashOf } from '../hash.ts';
import type { IdempotencyKey } from '../ledger/types.ts';
import { defaultImageName } from '../registry/names.ts';
import { normalizeFlags } from '../tekton/versions.ts';

/** Returns a build's parameters with every default filled in, as builds-api 2 shows them. */
export const normalizeParameters = (tool: string, given: BuildParameters): Required<BuildParameters> => ({
  source_url: given.source_url,
  ref: given.ref ?? '',
  envvars: given.envvars ?? {},
  image_name: given.image_name || defaultImageName(tool),
  ...normalizeFlags(given),
});

/**
 * Returns a hash of a build's parameters. The hash does not depend on the order in which a client writes the fields and
 * the variables.
 */
const requestHash = (parameters: Required<BuildParameters>): string => {
  const envvars = Object.entries(parameters.envvars).sort(([a], [b]) => (a < b ? -1 : 1));
  return hashOf(
    JSON.stringify([
      parameters.source_url,
      parameters.ref,
      envvars,
      parameters.image_name,
      parameters.use_latest_versions,
      parameters.use_deprecated_versions,
    ]),
  );
};

/**
 * Returns the hashes of the header Idempotency-Key and of the build's parameters. Undefined for a request without the
 * header.
 */
export const idempotencyKeyOf = (
  header: string | undefined,
  parameters: Required<BuildParameters>,
): IdempotencyKey | undefined =>
  header === undefined ? undefined : { key: hashOf(header), request: requestHash(parameters) };
