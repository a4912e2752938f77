import type { BuildParameters } from '../../openapi/generated/types.ts';
import type { BuildRecord } from '../ledger/types.ts';
import { appImageParameter, builderOf, envvarsOf } from './run.ts';
import type { PipelineRun } from './types.ts';
import { normalizeFlags } from './versions.ts';

/** Returns a text of a run: the parameter or the result of that name. Empty where the run has none, or no text. */
const textOf = (values: { name: string; value: unknown }[] | undefined, name: string): string => {
  const value = values?.find((item) => item.name === name)?.value;
  return typeof value === 'string' ? value.trim() : '';
};

/** Splits the name of an image into the part before its last path segment, and that segment without tag and digest. */
const splitImage = (image: string): { folder: string; name: string; tag: string } => {
  const [whole = ''] = image.split('@');
  const nameAt = whole.lastIndexOf('/') + 1;
  const [name = '', tag = 'latest'] = whole.slice(nameAt).split(':');
  return { folder: whole.slice(0, nameAt), name, tag };
};

/** Returns an image with its tag and without a digest. builds-api pushes the tag `latest`. */
const withTag = (image: string): string => {
  const { folder, name, tag } = splitImage(image);
  return name === '' ? '' : `${folder}${name}:${tag}`;
};

/** Returns a time in UTC with milliseconds, as a ledger has it. Undefined for a text that is no time. */
const timeOf = (text: string | undefined): string | undefined => {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
};

const parametersOf = (run: PipelineRun): Required<BuildParameters> => ({
  source_url: textOf(run.spec.params, 'SOURCE_URL'),
  ref: textOf(run.spec.params, 'UNRESOLVED_SOURCE_REFERENCE'),
  envvars: envvarsOf(run),
  image_name: splitImage(textOf(run.spec.params, appImageParameter)).name,
  // The builder image of the run gives the flags that clients see.
  ...normalizeFlags({}),
});

/**
 * Returns the build whose run builds-api 2 made, as a running build of a ledger. All facts come from the run, as in
 * builds-api. A fact that the run lacks is an empty text.
 */
export const buildsApiBuild = (run: PipelineRun, now: Date): BuildRecord => {
  const { metadata, spec, status } = run;
  const parameters = parametersOf(run);
  const builder = builderOf(run);
  const acceptedAt = timeOf(metadata.creationTimestamp) ?? now.toISOString();
  return {
    id: metadata.name,
    parameters,
    sourceUrl: parameters.source_url,
    commit: textOf(spec.params, 'SOURCE_REFERENCE'),
    image: withTag(textOf(status?.results, 'APP_IMAGE_URL') || textOf(spec.params, appImageParameter)),
    acceptedAt,
    startedAt: timeOf(status?.startTime) ?? acceptedAt,
    status: 'BUILD_PENDING',
    message: '',
    ...(builder === undefined ? {} : { builder }),
    log: 'live',
    adopted: true,
  };
};
