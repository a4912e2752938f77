import { expect, test } from '@jest/globals';
import { createStartBuild, type StartBuildOptions } from '../../../../functions/start-build/handler.ts';
import type { ApiRequest } from '../../../../lib/http/types.ts';
import { emptyState } from '../../../../lib/ledger/state.ts';
import type { Storage } from '../../../../lib/registry/sizes.ts';
import type { StartResponse } from '../../../../openapi/generated/types.ts';

const limits = { running: 4, queued: 10, succeeded: 10, failed: 10 };

/** Calls start-build with a ledger in memory, and with a registry that reports the given storage. */
const startWith = async (storage: Storage | undefined) => {
  let state = emptyState;
  const options = {
    kube: { create: async () => undefined },
    capacity: { slots: undefined },
    ledger: {
      read: async () => ({ state, limits }),
      change: async (_: string, change: (view: object) => { state: typeof state; result: unknown }) => {
        const changed = change({ state, limits });
        state = changed.state;
        return changed.result;
      },
    },
    runSettings: { versions: { default: { builder: 'b', runner: 'r' } }, imageHost: 'registry.example' },
    buildsApiRuns: 'ignore',
    log: () => undefined,
    now: () => new Date(),
    source: { resolve: async (url: string) => ({ url, commit: 'c0', refHash: 'c0' }) },
    prepareRegistry: async () => undefined,
    storage: async () => storage,
  } as unknown as StartBuildOptions;
  const request = {
    params: { toolname: 'mine' },
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ source_url: 'https://example.org/x' })),
    signal: new AbortController().signal,
  } as unknown as ApiRequest;
  const response = (await createStartBuild(options)(request)) as { json: StartResponse };
  return { messages: response.json.messages, state };
};

test.each<[string, Storage | undefined, RegExp[]]>([
  ['is unknown', undefined, []],
  ['has no limit', { usedBytes: 5, limitBytes: undefined }, []],
  ['is used up to 90 %', { usedBytes: 90, limitBytes: 100 }, []],
  ['is used to more than 90 %', { usedBytes: 91, limitBytes: 100 }, [/^91% of the registry's storage is used/]],
])('start-build starts a build where the storage %s', async (_, storage, warnings) => {
  const { messages, state } = await startWith(storage);
  expect(state.running).toHaveLength(1);
  expect(messages.warning).toEqual(warnings.map((warning) => expect.stringMatching(warning)));
});

test.each([
  [100, 100],
  [2048, 1024],
])(
  'start-build starts a build where %d of %d bytes are used, and says what can be done',
  async (usedBytes, limitBytes) => {
    const { messages, state } = await startWith({ usedBytes, limitBytes });
    expect(state.running).toHaveLength(1);
    const sentence =
      /^The registry's storage is full \((100B of 100B|2\.00Ki of 1\.00Ki) are used\).*build clean.*administrators/;
    expect(messages.warning).toEqual([expect.stringMatching(sentence)]);
  },
);

test('start-build starts a build of a tool without any storage, and says who can help', async () => {
  const { messages, state } = await startWith({ usedBytes: 0, limitBytes: 0 });
  expect(state.running).toHaveLength(1);
  expect(messages.warning).toEqual([
    expect.stringMatching(/^The tool has no storage.*Ask the Toolforge administrators/),
  ]);
});
