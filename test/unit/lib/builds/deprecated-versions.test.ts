import { expect, test } from '@jest/globals';
import { requireVersions, versionWarnings } from '../../../../lib/builds/deprecated-versions.ts';
import { normalizeFlags, type Versions } from '../../../../lib/tekton/versions.ts';

const pair = { builder: 'b', runner: 'r' };
const versions: Versions = { default: pair, deprecated: { ...pair, validUntil: '2026-04-27' } };
const deprecated = normalizeFlags({ use_deprecated_versions: true });

test.each(['2020-01-01T00:00:00Z', '2026-04-26T23:59:59.999Z'])('deprecated versions are allowed at %s', (time) => {
  expect(() => requireVersions(versions, deprecated, new Date(time))).not.toThrow();
});

test.each(['2026-04-27T00:00:00Z', '2026-04-28T12:00:00Z', '2030-01-01T00:00:00Z', '2026-04-27T01:00:00+01:00'])(
  'deprecated versions are refused at %s, in UTC',
  (time) => {
    expect(() => requireVersions(versions, deprecated, new Date(time))).toThrow(
      expect.objectContaining({
        status: 400,
        code: 'versions_unavailable',
        message: expect.stringMatching(
          /ended on 2026-04-27 \(UTC\)\. Start the build without use_deprecated_versions\./,
        ),
      }),
    );
  },
);

test('deprecated versions are refused where the installation has none', () => {
  expect(() => requireVersions({ default: pair }, deprecated, new Date())).toThrow(
    expect.objectContaining({ status: 400, code: 'versions_unavailable' }),
  );
});

test('the end of the deprecated versions does not matter to other builds, also where latest wins over deprecated', () => {
  const both = normalizeFlags({ use_latest_versions: true, use_deprecated_versions: true });
  for (const flags of [both, normalizeFlags({})]) {
    requireVersions(versions, flags, new Date('2030-01-01'));
    expect(versionWarnings(versions, flags)).toEqual([]);
  }
});

test('a build with deprecated versions gets a warning with the date', () => {
  expect(versionWarnings(versions, deprecated)).toEqual([expect.stringContaining('From 2026-04-27 (UTC) on')]);
});
