import { describe, expect, test } from '@jest/globals';
import type { BuildRecord } from '../../../../lib/ledger/types.ts';
import { builderOf, pipelineRun } from '../../../../lib/tekton/run.ts';

const pair = (name: string) => ({ builder: `${name}-builder`, runner: `${name}-runner` });
const runSettings = {
  ...{ pipeline: 'p', serviceAccount: 's', timeout: '1h0m0s', imageHost: 'registry.example:5000' },
  versions: {
    default: pair('default'),
    latest: pair('latest'),
    deprecated: { ...pair('deprecated'), validUntil: '2026-04-27' },
  },
};

const runOf = (flags: Partial<BuildRecord['parameters']>, settings = runSettings) => {
  const build = { id: 'x', sourceUrl: 'https://example.org/x', commit: 'c0', parameters: { source_url: '', ...flags } };
  const run = pipelineRun(build as BuildRecord, 'mine', 'mine', settings, false);
  const value = (name: string) => run.spec.params?.find((parameter) => parameter.name === name)?.value;
  const names = ['BUILDER_IMAGE', 'RUN_IMAGE', 'USE_LATEST_VERSIONS', 'USE_DEPRECATED_VERSIONS'];
  return { run, values: names.map(value) };
};

test.each([
  [{}, 'p', ['default-builder', 'default-runner', 'false', 'false']],
  [{ use_latest_versions: true }, 'p-latest', ['latest-builder', 'latest-runner', 'true', 'false']],
  [{ use_deprecated_versions: true }, 'p-deprecated', ['deprecated-builder', 'deprecated-runner', 'false', 'true']],
])('the run of a build with %j has the Pipeline %s and the images of these versions', (flags, pipeline, expected) => {
  const { run, values } = runOf(flags);
  expect(values).toEqual(expected);
  expect(run.spec.pipelineRef).toEqual({ name: pipeline });
  expect(builderOf(run)).toBe(expected[0]);
});

test.each([{ use_latest_versions: true }, { use_deprecated_versions: true }])(
  'the run of a build with %j has the default Pipeline where the installation has the default images only',
  (flags) => {
    const { run, values } = runOf(flags, {
      ...runSettings,
      versions: { default: pair('default') },
    } as typeof runSettings);
    expect(values.slice(0, 2)).toEqual(['default-builder', 'default-runner']);
    expect(run.spec.pipelineRef).toEqual({ name: 'p' });
  },
);

test.each([{}, { params: [] }, { params: [{ name: 'BUILDER_IMAGE', value: ['a', 'b'] }] }])(
  'a run with the spec %j has no builder image',
  (spec) => {
    expect(builderOf({ spec })).toBeUndefined();
  },
);

describe('the image of a run', () => {
  const imageOf = (tool: string, parameters: object, image: string) => {
    const facts = { id: 'x', sourceUrl: 'https://example.org/x', commit: 'c0', image };
    const build = { ...facts, parameters: { source_url: '', ...parameters } } as BuildRecord;
    const run = pipelineRun(build, tool, tool, runSettings, false);
    return run.spec.params?.find(({ name }) => name === 'APP_IMAGE')?.value;
  };

  test.each([
    'registry.example:5000/tool-mine/app:latest',
    'registry.example:5000/tool-victim/app:latest',
    'registry.example:5000/builder:1',
    'registry.evil.example/tool-mine/app:latest',
    'registry.example:5000/tool-mine/app:other',
    `registry.example:5000/tool-mine/app@sha256:${'0'.repeat(64)}`,
    '',
  ])('is made from the tool and the name in the request, whatever the record says: %j', (image) => {
    expect(imageOf('mine', { image_name: 'app' }, image)).toBe('registry.example:5000/tool-mine/app:latest');
  });

  test('has the name of the project where the record has no name', () => {
    const image = 'registry.example:5000/tool-a-char.sep_b/tool-a-char.sep_b:latest';
    for (const name of [undefined, '']) expect(imageOf('a-_b', { image_name: name }, '')).toBe(image);
  });

  test.each(['../tool-victim/app', 'app:other', `app@sha256:${'0'.repeat(64)}`, 'a/b', 'App'])(
    'is never made from the name %s, which leads elsewhere',
    (name) => {
      expect(() => imageOf('mine', { image_name: name }, '')).toThrow(
        expect.objectContaining({ status: 400, code: 'parameter_invalid' }),
      );
    },
  );
});
