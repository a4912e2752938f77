import { describe, expect, test } from '@jest/globals';
import { buildsApiBuild } from '../../../../lib/tekton/builds-api-run.ts';
import type { PipelineRun } from '../../../../lib/tekton/types.ts';
import { commit, type OldParameters, oldRun } from '../../../support/builds-api-run.ts';

const now = new Date('2026-11-28T09:00:00Z');
const buildOf = (params: OldParameters) => buildsApiBuild(oldRun('mine', { params }), now);

test('the build of a run of builds-api has all that builds-api shows of it', () => {
  const run = oldRun('mine', { condition: { status: 'True', reason: 'Succeeded' } });
  expect(buildsApiBuild(run, now)).toEqual({
    id: 'mine-buildpacks-pipelinerun-abcde',
    parameters: {
      source_url: 'https://example.org/r.git',
      ref: 'main',
      envvars: { NAME: 'value', PRICE: '$5 100%24' },
      image_name: 'app',
      use_latest_versions: false,
      use_deprecated_versions: false,
    },
    sourceUrl: 'https://example.org/r.git',
    commit,
    image: 'registry.example/tool-x/app:latest',
    acceptedAt: '2026-11-22T08:00:00.000Z',
    startedAt: '2026-11-22T08:00:00.000Z',
    status: 'BUILD_PENDING',
    message: '',
    builder: 'builder:1',
    log: 'live',
    adopted: true,
  });
});

test.each([
  ['registry.example/tool-x/app', 'registry.example/tool-x/app:latest', 'app'],
  ['registry.example:5000/tool-x/app', 'registry.example:5000/tool-x/app:latest', 'app'],
  ['registry.example/tool-x/app:v2', 'registry.example/tool-x/app:v2', 'app'],
  [`registry.example/tool-x/app:v2@sha256:${'a'.repeat(64)}`, 'registry.example/tool-x/app:v2', 'app'],
  ['app', 'app:latest', 'app'],
  ['registry.example/tool-x/', '', ''],
  ['', '', ''],
])('a run that pushes %j has the image %j and the image name %j', (given, image, imageName) => {
  const build = buildOf({ APP_IMAGE: given });
  expect({ image: build.image, imageName: build.parameters.image_name }).toEqual({ image, imageName });
});

describe('a run with odd parameters has a build with empty texts', () => {
  test.each<[string, unknown]>([
    ['no parameters', undefined],
    ['an empty list', []],
    [
      'lists in the place of texts',
      ['SOURCE_URL', 'APP_IMAGE', 'SOURCE_REFERENCE'].map((name) => ({ name, value: [] })),
    ],
    [
      'objects in the place of texts',
      [
        { name: 'SOURCE_URL', value: { url: 'x' } },
        { name: 'ENV_VARS', value: {} },
      ],
    ],
    ['numbers among the variables', [{ name: 'ENV_VARS', value: [1, null, {}] }]],
  ])('%s', (_, params) => {
    const run = oldRun('mine');
    const odd = { ...run, spec: { ...run.spec, params } } as PipelineRun;
    expect(buildsApiBuild(odd, now)).toMatchObject({
      parameters: { source_url: '', ref: '', envvars: {}, image_name: '' },
      ...{ sourceUrl: '', commit: '', image: '' },
    });
  });
});

test('variables keep their text: a name without a value, an equals sign in a value, and names of inherited keys', () => {
  const { parameters } = buildOf({ ENV_VARS: ['EMPTY=', 'TWICE=a=b', '__proto__=c', 'TEXT=%24(x)'] });
  expect(Object.entries(parameters.envvars ?? {})).toEqual([
    ['EMPTY', ''],
    ['TWICE', 'a=b'],
    ['__proto__', 'c'],
    ['TEXT', '%24(x)'],
  ]);
});

test('a single text in the place of the list of variables is one variable', () => {
  expect(buildOf({ ENV_VARS: 'A=b' }).parameters.envvars).toEqual({ A: 'b' });
});

test.each([
  ['without a status', { status: undefined }],
  ['with times that are none', { status: { startTime: 'soon' } }],
])('a run %s has the times of its creation', (_, more) => {
  const run = { ...oldRun('mine'), ...more } as PipelineRun;
  expect(buildsApiBuild(run, now)).toMatchObject({
    acceptedAt: '2026-11-22T08:00:00.000Z',
    startedAt: '2026-11-22T08:00:00.000Z',
  });
  const { creationTimestamp: _time, ...metadata } = run.metadata;
  expect(buildsApiBuild({ ...run, metadata }, now).acceptedAt).toBe('2026-11-28T09:00:00.000Z');
});
