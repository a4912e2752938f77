/**
 * Toolforge's components-api deploys tools. These tests use the API as components-api does: it starts a build with the
 * name of a component as the image's name, polls the build, and uses a build again that has the same parameters and the
 * hash that `git ls-remote` prints first for the ref.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Build, StartResponse } from '../../openapi/generated/types.ts';
import { type Caller, expectCleanLog, expectRefusal, expectStatus, forTool } from './client.ts';
import { buildTimeoutMs, startTarget } from './start-target.ts';
import type { Target } from './target.ts';

type Component = { image_name: string; source_url: string; ref: string | null; use_latest_versions: boolean };

let target: Target;
let mine: Caller;
let source_url: string;

const git = (...words: string[]): Promise<string> =>
  target.git('components', '-c', 'user.name=x', '-c', 'user.email=x@example.org', ...words);

const commit = (ref: string): Promise<string> => git('rev-parse', `${ref}^{commit}`);

beforeAll(async () => {
  target = await startTarget();
  mine = await forTool(target, 'components');
  source_url = await target.repository('components', { Procfile: 'web: true\n' });
  await git('tag', 'light');
  await git('tag', '-a', 'v1', '-m', 'annotated');
  await git('tag', '-a', 'v1-signed', '-m', 'a tag of a tag', 'v1');
  await git('branch', 'other');
}, buildTimeoutMs);

afterAll(async () => {
  expectCleanLog(target);
  await target.close();
}, buildTimeoutMs);

const start = (component: Component) => mine.post({ ...component, envvars: {} });

/** Starts the build of a component, waits for its end and returns the build. */
const deploy = async (component: Component): Promise<Build> => {
  const { json } = expectStatus(await start(component), 200);
  return mine.finished((json as unknown as StartResponse).new_build.name);
};

/** Returns the first hash that git prints for a ref of the repository. An absent ref means HEAD. */
const listedHash = async (ref: string | null): Promise<string> =>
  (await git('ls-remote', '.', ref ?? 'HEAD')).split('\t')[0] ?? '';

/** Returns the newest build of a component, if components-api would use the build again. */
const reusable = async ({ image_name, ref, use_latest_versions }: Component): Promise<Build | undefined> => {
  const build = (await mine.list()).find(({ parameters }) => parameters.image_name === image_name);
  const hasSameVersions = build?.parameters.use_latest_versions === use_latest_versions;
  return hasSameVersions && build?.resolved_ref === (await listedHash(ref)) ? build : undefined;
};

const componentOf = (imageName: string, ref: string | null): Component => ({
  ...{ image_name: imageName, source_url, ref, use_latest_versions: false },
});

describe('a build of components-api', () => {
  test.each([
    ['no ref', null],
    ['the ref HEAD', 'HEAD'],
    ['a branch', 'other'],
    ['a full name', 'refs/heads/other'],
    ['a lightweight tag', 'light'],
    ['an annotated tag', 'v1'],
    ['a tag of an annotated tag', 'v1-signed'],
  ])(
    'with %s is used again',
    async (what, ref) => {
      const component = componentOf(what.replaceAll(' ', '-').toLowerCase(), ref);
      expect(await reusable(component)).toBeUndefined();
      const built = await deploy(component);
      expect(built).toMatchObject({ status: 'BUILD_SUCCESS', resolved_commit: await commit(ref ?? 'HEAD') });
      expect(await reusable(component)).toMatchObject({ build_id: built.build_id, status: 'BUILD_SUCCESS' });
      expect(await reusable({ ...component, use_latest_versions: true })).toBeUndefined();
      const log = JSON.stringify(await mine.follow(built.build_id, '&step=clone'));
      expect(log).toContain(`Commit ${await commit(ref ?? 'HEAD')}`);
      await mine.remove(built.build_id);
    },
    buildTimeoutMs,
  );

  test(
    'is not used again after its tag or its branch has moved',
    async () => {
      const [tagged, branched] = [componentOf('tagged', 'v2'), componentOf('branched', 'moving')];
      await git('tag', '-a', 'v2', '-m', 'before');
      await git('branch', 'moving');
      const builds = [await deploy(tagged), await deploy(branched)];
      // The tag leads to the same commit as before, but is another object.
      await git('tag', '-f', '-a', 'v2', '-m', 'after');
      const tree = await git('rev-parse', 'HEAD^{tree}');
      await git('update-ref', 'refs/heads/moving', await git('commit-tree', tree, '-p', 'HEAD', '-m', 'two'));
      expect([await reusable(tagged), await reusable(branched)]).toEqual([undefined, undefined]);
      await Promise.all(builds.map(({ build_id }) => mine.remove(build_id)));
    },
    buildTimeoutMs,
  );

  test(
    'whose ref is a full hash resolves to that hash, also the hash of an annotated tag',
    async () => {
      for (const ref of [await commit('v1'), await git('rev-parse', 'v1')]) {
        const { name, resolved_ref, resolved_commit } = await mine.start(componentOf('hash', ref));
        expect([resolved_ref, resolved_commit]).toEqual([ref, await commit('v1')]);
        expect(await mine.get(name)).toMatchObject({ resolved_ref, resolved_commit });
        await mine.remove(name);
      }
    },
    buildTimeoutMs,
  );

  test('keeps its hashes for a repeated Idempotency-Key', async () => {
    const post = () => mine.start({ source_url, ref: 'v1' }, { 'idempotency-key': 'once' });
    const first = await post();
    expect(first.resolved_ref).toBe(await git('rev-parse', 'v1'));
    await git('tag', '-f', '-a', 'v1', '-m', 'moved');
    expect(await post()).toMatchObject({ resolved_ref: first.resolved_ref, resolved_commit: first.resolved_commit });
    await mine.remove(first.name);
  });
});

test(
  'a start over the queue gets 409 with Retry-After, and is accepted once a build has ended',
  async () => {
    const busy = await forTool(target, 'components-busy');
    const slow = await target.repository('slow', {
      'package.json': '{"scripts":{"build":"sleep 120","start":"true"}}',
    });
    const post = () => busy.post({ source_url: slow, ref: null });
    let response = await post();
    while (response.status === 200) response = await post();
    expectRefusal(response, 409, 'quota_exceeded');
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    const [newest] = await busy.list();
    expectStatus(await busy.remove(newest?.build_id ?? ''), 200);
    expectStatus(await post(), 200);
    for (const { build_id } of await busy.list()) await busy.remove(build_id);
  },
  buildTimeoutMs,
);
