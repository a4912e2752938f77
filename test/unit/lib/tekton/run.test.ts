import { expect, test } from '@jest/globals';
import type { BuildRecord } from '../../../../lib/ledger/types.ts';
import { builderOf, pipelineRun } from '../../../../lib/tekton/run.ts';

const pair = (name: string) => ({ builder: `${name}-builder`, runner: `${name}-runner` });
const runSettings = {
  ...{ pipeline: 'p', serviceAccount: 's', timeout: '1h0m0s' },
  versions: {
    default: pair('default'),
    latest: pair('latest'),
    deprecated: { ...pair('deprecated'), validUntil: '2026-04-27' },
  },
};

const runOf = (flags: Partial<BuildRecord['parameters']>) => {
  const build = { id: 'x', sourceUrl: 'https://example.org/x', commit: 'c0', parameters: { source_url: '', ...flags } };
  const run = pipelineRun(build as BuildRecord, 'mine', 'mine', runSettings, false);
  const value = (name: string) => run.spec.params?.find((parameter) => parameter.name === name)?.value;
  const names = ['BUILDER_IMAGE', 'RUN_IMAGE', 'USE_LATEST_VERSIONS', 'USE_DEPRECATED_VERSIONS'];
  return { run, values: names.map(value) };
};

test.each([
  [{}, ['default-builder', 'default-runner', 'false', 'false']],
  [{ use_latest_versions: true }, ['latest-builder', 'latest-runner', 'true', 'false']],
  [{ use_deprecated_versions: true }, ['deprecated-builder', 'deprecated-runner', 'false', 'true']],
])('the run of a build with %j has the images of these versions', (flags, expected) => {
  const { run, values } = runOf(flags);
  expect(values).toEqual(expected);
  expect(builderOf(run)).toBe(expected[0]);
});

test.each([{}, { params: [] }, { params: [{ name: 'BUILDER_IMAGE', value: ['a', 'b'] }] }])(
  'a run with the spec %j has no builder image',
  (spec) => {
    expect(builderOf({ spec })).toBeUndefined();
  },
);
