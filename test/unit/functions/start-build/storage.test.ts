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
    runSettings: {},
    log: () => undefined,
    now: () => new Date(),
    source: { resolve: async (url: string) => ({ url, commit: 'c0' }) },
    image: () => 'image',
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
  [101, 100],
  [0, 0],
])(
  'start-build refuses a build whose image could not be pushed: %d of %d bytes are used',
  async (usedBytes, limitBytes) => {
    await expect(startWith({ usedBytes, limitBytes })).rejects.toMatchObject({ status: 409, code: 'storage_full' });
  },
);
