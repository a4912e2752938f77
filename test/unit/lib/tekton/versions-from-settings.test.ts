import { expect, test } from '@jest/globals';
import { readSettings } from '../../../../lib/config/settings.ts';
import { versionSettings, versionsFromSettings } from '../../../../lib/tekton/versions-from-settings.ts';

const complete = {
  BUILDER: 'registry.example.org/heroku-builder:24_0.21.8',
  RUNNER: 'registry.example.org/heroku-runner:24_0.21.8',
  LATEST_BUILDER: 'registry.example.org/heroku-builder:24_20260511',
  LATEST_RUNNER: 'registry.example.org/heroku-runner:24_20260511',
  DEPRECATED_BUILDER: 'registry.example.org/heroku-builder:22_20240105',
  DEPRECATED_RUNNER: 'registry.example.org/heroku-runner:22-cnb',
  DEPRECATED_VALID_UNTIL: '2026-04-27',
};

const read = (environment: Record<string, string | undefined>) =>
  versionsFromSettings(readSettings(versionSettings, environment));

test('the settings of three versions are read as pairs of images', () => {
  expect(read(complete)).toEqual({
    default: { builder: complete.BUILDER, runner: complete.RUNNER },
    latest: { builder: complete.LATEST_BUILDER, runner: complete.LATEST_RUNNER },
    deprecated: {
      builder: complete.DEPRECATED_BUILDER,
      runner: complete.DEPRECATED_RUNNER,
      validUntil: '2026-04-27',
    },
  });
});

test.each([
  [{ LATEST_BUILDER: undefined, LATEST_RUNNER: undefined }, ['default', 'deprecated']],
  [{ LATEST_BUILDER: '', LATEST_RUNNER: '' }, ['default', 'deprecated']],
  [
    { DEPRECATED_BUILDER: undefined, DEPRECATED_RUNNER: undefined, DEPRECATED_VALID_UNTIL: undefined },
    ['default', 'latest'],
  ],
])('versions without settings are left out: %j', (without, names) => {
  expect(Object.keys(read({ ...complete, ...without }))).toEqual(names);
});

test.each<[string, Record<string, string | undefined>, string]>([
  ['no default builder', { BUILDER: undefined }, 'BUILDER must be set: a container image'],
  ['no default run image', { RUNNER: undefined }, 'RUNNER must be set: a container image'],
  ['an empty default builder', { BUILDER: '' }, 'BUILDER must be a container image'],
  ['no latest run image', { LATEST_RUNNER: '' }, 'LATEST_RUNNER must be set, because LATEST_BUILDER is set'],
  ['no latest builder', { LATEST_BUILDER: undefined }, 'LATEST_BUILDER must be set, because LATEST_RUNNER is set'],
  [
    'no deprecated builder',
    { DEPRECATED_BUILDER: undefined },
    'DEPRECATED_BUILDER must be set, because DEPRECATED_RUNNER is set',
  ],
  [
    'no deprecated run image',
    { DEPRECATED_RUNNER: undefined },
    'DEPRECATED_RUNNER must be set, because DEPRECATED_BUILDER is set',
  ],
  ['no date', { DEPRECATED_VALID_UNTIL: '' }, 'DEPRECATED_VALID_UNTIL must be set, because DEPRECATED_BUILDER is set'],
  [
    'only a date',
    { DEPRECATED_BUILDER: '', DEPRECATED_RUNNER: '' },
    'DEPRECATED_BUILDER must be set, because DEPRECATED_VALID_UNTIL is set',
  ],
  ['a URL as the builder', { BUILDER: 'https://registry.example.org/x' }, 'BUILDER must be a container image'],
  ['a builder with a cut digest', { BUILDER: 'a/b:1@sha256:0123' }, 'BUILDER must be a container image'],
  ['a folder as the run image', { RUNNER: '/registry/x' }, 'RUNNER must be a container image'],
  ['a builder with a blank', { LATEST_BUILDER: 'a b' }, 'LATEST_BUILDER must be empty or a container image'],
  ['a run image with capital letters', { DEPRECATED_RUNNER: 'Run' }, 'DEPRECATED_RUNNER must be empty or a container'],
])('%s is refused, with the name of the setting', (_, change, message) => {
  expect(() => read({ ...complete, ...change })).toThrow(message);
});

test.each(['2026-02-30', '2026-13-01', '27.04.2026', '2026-4-27', '2026-04-27T00:00:00Z', 'tomorrow', '0000-00-00'])(
  'the date %s is refused',
  (date) => {
    expect(() => read({ ...complete, DEPRECATED_VALID_UNTIL: date })).toThrow(
      'DEPRECATED_VALID_UNTIL must be empty or a date of the calendar such as 2026-04-27',
    );
  },
);

test('a leap day is a date', () => {
  expect(read({ ...complete, DEPRECATED_VALID_UNTIL: '2028-02-29' }).deprecated?.validUntil).toBe('2028-02-29');
});
