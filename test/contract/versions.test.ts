import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { StartResponse } from '../../openapi/generated/types.ts';
import { type Caller, expectCleanLog, expectRefusal, expectStatus, forTool } from './client.ts';
import { buildTimeoutMs, onCluster, startTarget } from './start-target.ts';
import type { Target } from './target.ts';

const none = { use_latest_versions: false, use_deprecated_versions: false };
const latest = { ...none, use_latest_versions: true };
const deprecated = { ...none, use_deprecated_versions: true };

const runner = 'local/run:host';
const settings = {
  ...{ BUILDER: 'local/builder:1', RUNNER: runner },
  ...{ LATEST_BUILDER: 'local/builder:2', LATEST_RUNNER: runner },
  ...{ DEPRECATED_BUILDER: 'local/builder:0', DEPRECATED_RUNNER: runner, DEPRECATED_VALID_UNTIL: '9999-12-31' },
};

/** Starts builds with the settings, and gives a caller and a repository to each test. */
const withVersions = (changed: Partial<typeof settings>) => {
  const context = {} as { target: Target; mine: Caller; source_url: string };
  beforeAll(async () => {
    context.target = await startTarget({ ...settings, ...changed });
    context.mine = await forTool(context.target, 'versions');
    context.source_url = await context.target.repository('versions', { 'index.html': 'hello' });
  }, buildTimeoutMs);
  afterAll(async () => {
    expectCleanLog(context.target);
    await context.target.close();
  }, buildTimeoutMs);
  return context;
};

// A cluster keeps its own settings.
const describeEmbedded = onCluster ? describe.skip : describe;

describeEmbedded('with three versions of the builder', () => {
  const context = withVersions({});

  test.each<[string, object, typeof none, number]>([
    ['no flag', {}, none, 0],
    ['null in place of the flags', { use_latest_versions: null, use_deprecated_versions: null }, none, 0],
    ['use_latest_versions', { use_latest_versions: true }, latest, 0],
    ['use_deprecated_versions', { use_deprecated_versions: true }, deprecated, 1],
    ['both flags', { use_latest_versions: true, use_deprecated_versions: true }, latest, 0],
  ])(
    'a build with %s is shown with its flags, while it runs and after its end',
    async (_, flags, expected, warnings) => {
      const { mine, source_url } = context;
      const { json } = expectStatus(await mine.post({ source_url, ...flags }), 200);
      const { new_build, messages } = json as unknown as StartResponse;
      expect(new_build.parameters).toMatchObject(expected);
      expect(messages.warning).toHaveLength(warnings);
      if (warnings > 0) expect(messages.warning[0]).toContain('From 9999-12-31 (UTC) on');
      expect((await mine.get(new_build.name)).parameters).toMatchObject(expected);
      const finished = await mine.archived(new_build.name);
      expect(finished).toMatchObject({ status: 'BUILD_SUCCESS', parameters: expected });
      expect((await mine.list())[0]?.parameters).toMatchObject(expected);
    },
    buildTimeoutMs,
  );
});

describeEmbedded('after the last day of the deprecated versions', () => {
  const context = withVersions({ DEPRECATED_VALID_UNTIL: '2026-04-27' });

  test('a start with deprecated versions is refused, and no build is made', async () => {
    const { mine, source_url } = context;
    const refused = await mine.post({ source_url, use_deprecated_versions: true });
    expectRefusal(refused, 400, 'versions_unavailable');
    expect(refused.text).toContain('ended on 2026-04-27 (UTC)');
    expect(await mine.list()).toEqual([]);
  });

  test('a start with the latest versions too is accepted, because latest wins', async () => {
    const { mine, source_url } = context;
    const { name, parameters } = await mine.start({
      ...{ source_url, use_latest_versions: true },
      use_deprecated_versions: true,
    });
    expect(parameters).toMatchObject(latest);
    await mine.archived(name);
  });
});

describeEmbedded('with default versions only', () => {
  const only = { LATEST_BUILDER: '', LATEST_RUNNER: '', DEPRECATED_BUILDER: '', DEPRECATED_RUNNER: '' };
  const context = withVersions({ ...only, DEPRECATED_VALID_UNTIL: '' });

  test('the latest versions are the default ones, and deprecated versions are refused', async () => {
    const { mine, source_url } = context;
    expectRefusal(await mine.post({ source_url, use_deprecated_versions: true }), 400, 'versions_unavailable');
    const { name } = await mine.start({ source_url, use_latest_versions: true });
    expect(await mine.archived(name)).toMatchObject({ status: 'BUILD_SUCCESS', parameters: latest });
  });
});

(onCluster ? test.skip : test)(
  'a wrong pair of images ends the start of the service, with the name of the setting',
  async () => {
    await expect(startTarget({ ...settings, LATEST_RUNNER: '' })).rejects.toThrow(
      'LATEST_RUNNER must be set, because LATEST_BUILDER is set',
    );
  },
);
