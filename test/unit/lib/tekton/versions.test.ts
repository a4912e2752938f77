import { expect, test } from '@jest/globals';
import { flagsOf, normalizeFlags, pairFor, type Versions } from '../../../../lib/tekton/versions.ts';

const none = { use_latest_versions: false, use_deprecated_versions: false };
const latest = { ...none, use_latest_versions: true };
const deprecated = { ...none, use_deprecated_versions: true };
const pair = (name: string) => ({ builder: `${name}-builder`, runner: `${name}-runner` });
const versions: Versions = {
  default: pair('default'),
  latest: pair('latest'),
  deprecated: { ...pair('deprecated'), validUntil: '2026-04-27' },
};
const onlyDefault: Versions = { default: pair('default') };

test.each([
  [{}, none],
  [{ use_latest_versions: null, use_deprecated_versions: null }, none],
  [{ use_latest_versions: false }, none],
  [{ use_latest_versions: true }, latest],
  [{ use_deprecated_versions: true }, deprecated],
  [{ use_latest_versions: true, use_deprecated_versions: true }, latest],
])('the request %j chooses the versions %j', (given, flags) => {
  expect(normalizeFlags(given)).toEqual(flags);
});

test('each of the three versions has its own pair of images', () => {
  expect(pairFor(versions, none)).toEqual(pair('default'));
  expect(pairFor(versions, latest)).toEqual(pair('latest'));
  expect(pairFor(versions, deprecated)).toMatchObject(pair('deprecated'));
});

test('without images of their own the latest versions are the default ones, and there are no deprecated versions', () => {
  expect(pairFor(onlyDefault, latest)).toEqual(pair('default'));
  expect(pairFor(onlyDefault, deprecated)).toBeUndefined();
});

test.each([
  ['default-builder', none],
  ['latest-builder', latest],
  ['deprecated-builder', deprecated],
  ['former-builder', none],
  ['', none],
])('a run with the builder image "%s" has the flags %j, whatever was asked for', (builder, flags) => {
  for (const asked of [undefined, none, latest, deprecated]) expect(flagsOf(versions, builder, asked)).toEqual(flags);
});

test('a build without a run has the flags that were asked for', () => {
  for (const asked of [none, latest, deprecated]) expect(flagsOf(versions, undefined, asked)).toEqual(asked);
  expect(flagsOf(versions, undefined, undefined)).toEqual(none);
});

test('where two versions have the same builder image, the flags that were asked for count', () => {
  const same: Versions = { ...versions, latest: pair('default') };
  expect(flagsOf(same, 'default-builder', latest)).toEqual(latest);
  expect(flagsOf(same, 'default-builder', none)).toEqual(none);
  expect(flagsOf(same, 'default-builder', undefined)).toEqual(none);
  expect(flagsOf(onlyDefault, 'default-builder', latest)).toEqual(latest);
});

test('a build of the former default versions is deprecated once the settings say so', () => {
  const next: Versions = {
    default: pair('latest'),
    deprecated: { ...pair('default'), validUntil: '2027-01-01' },
  };
  expect(flagsOf(next, 'default-builder', none)).toEqual(deprecated);
  expect(flagsOf(next, 'latest-builder', latest)).toEqual(latest);
  expect(flagsOf(next, 'deprecated-builder', deprecated)).toEqual(none);
});
