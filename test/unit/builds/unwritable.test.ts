import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type StartContext, startBuild } from '../../../lib/builds/start.ts';
import { createCapacity } from '../../../lib/capacity/capacity.ts';
import type { Kube } from '../../../lib/kube/client.ts';
import { KubeError } from '../../../lib/kube/error.ts';
import { createLedger } from '../../../lib/ledger/ledger.ts';
import { startCluster, type TestCluster } from '../../support/kube.ts';

const limits = { running: 4, queued: 10, succeeded: 10, failed: 10 };
let cluster: TestCluster;
/** What the API server refuses; a test changes it. */
let refuses: (resource: string, name: string) => boolean;

beforeEach(async () => {
  cluster = await startCluster();
  refuses = () => false;
});
afterEach(() => cluster.close());

const refusing = (kube: Kube): Kube => ({
  ...kube,
  replaceStatus: (resource, object) =>
    refuses(resource, object.metadata.name)
      ? Promise.reject(new KubeError(413, 'RequestEntityTooLarge', 'too large'))
      : kube.replaceStatus(resource, object),
  create: (resource, object) =>
    refuses(resource, object.metadata.name)
      ? Promise.reject(new KubeError(500, 'InternalError', 'no'))
      : kube.create(resource, object),
});

/** @param skewMs by how much its clock is ahead: what was at work then has ended since */
const contextOf = (slots: number, skewMs = 0): StartContext => {
  const kube = refusing(cluster.kube());
  const capacity = createCapacity(kube, { slots });
  return {
    kube,
    capacity,
    ledger: createLedger(kube, limits, { capacity }),
    runSettings: { pipeline: 'p', builderImage: 'b', runImage: 'r', serviceAccount: 's', timeout: '1h0m0s' },
    log: () => undefined,
    lastWords: () => '',
    removeLog: async () => undefined,
    now: () => new Date(Date.now() + skewMs),
    source: { resolve: async (url: string) => ({ url, commit: 'c0' }) } as unknown as StartContext['source'],
    image: (tool, name) => `${tool}/${name}`,
    mayStart: async () => undefined,
  };
};

const start = (context: StartContext, tool: string) =>
  startBuild(context, tool, { source_url: 'https://example.org/x' }, undefined, new AbortController().signal);

const claimsOf = async ({ capacity }: StartContext, tool: string): Promise<string[]> =>
  (await capacity.read()).claims.filter((claim) => claim.tool === tool).map(({ id }) => id);

test("a tool whose ledger can't be written takes no more slots than it may have", async () => {
  const context = contextOf(50);
  await start(context, 'x');
  refuses = (resource) => resource === 'buildledgers';
  for (let at = 0; at < 12; at += 1) await expect(start(context, 'x')).rejects.toThrow('too large');
  expect(await claimsOf(context, 'x')).toHaveLength(limits.running);
});
