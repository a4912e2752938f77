import type { BuildsApiRuns } from '../../../../lib/builds/context.ts';
import type { StartContext } from '../../../../lib/builds/start.ts';
import { createCapacity } from '../../../../lib/capacity/store.ts';
import type { Kube } from '../../../../lib/kube/client.ts';
import { createLedger } from '../../../../lib/ledger/store.ts';
import type { Limits } from '../../../../lib/ledger/types.ts';

export type ContextOptions = {
  limits: Limits;
  slots: number | undefined;
  /** Milliseconds by which the function's clock is ahead. A large value makes every start look abandoned. Default 0. */
  skewMs?: number;
  /** The setting BUILDS_API_RUNS. Default: `ignore`. */
  buildsApiRuns?: BuildsApiRuns;
  /** Replaces the delay before a write is retried. Default: a real delay. */
  sleep?: () => Promise<void>;
};

/** Returns the context of a function with the real ledger and capacity, and without a git server, registry or log. */
export const startContext = (
  kube: Kube,
  { limits, slots, skewMs = 0, buildsApiRuns = 'ignore', sleep }: ContextOptions,
): StartContext => {
  const capacity = createCapacity(kube, { slots, ...(sleep ? { sleep } : {}) });
  return {
    kube,
    capacity,
    ledger: createLedger(kube, limits, { capacity, ...(sleep ? { sleep } : {}) }),
    runSettings: {
      pipeline: 'p',
      versions: { default: { builder: 'b', runner: 'r' } },
      imageHost: 'registry.example',
      serviceAccount: 's',
      timeout: '1h0m0s',
    },
    buildsApiRuns,
    log: () => undefined,
    failureExcerpt: () => '',
    removeLog: async () => undefined,
    now: () => new Date(Date.now() + skewMs),
    source: {
      resolve: async (url: string) => ({ url, commit: 'c0', refHash: 'c0' }),
    } as unknown as StartContext['source'],
    prepareRegistry: async () => undefined,
  };
};
