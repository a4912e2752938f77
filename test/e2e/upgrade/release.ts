import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { kubectl, waitTimeout } from '../pipeline/cluster.ts';
import { gatewayNamespace } from '../service/gateway.ts';
import { builds, until } from '../service/service.ts';

const charts = join(import.meta.dirname, '../../../knative/charts');

/** Releases of test/e2e/deploy/deploy.sh, with their namespaces. Each has the name of its chart. */
const namespaces = { 'builds-api': gatewayNamespace, 'builds-builder': builds } as const;
export type Release = keyof typeof namespaces;

const helm = async (release: Release, words: string[]): Promise<string> => {
  const program = process.env.HELM || 'helm';
  const { stdout } = await promisify(execFile)(program, [...words, '--namespace', namespaces[release]]);
  return stdout;
};

/** Upgrades a release with other values beside those that it has. A value is `name=value`, as helm takes it. */
export const upgrade = async (release: Release, values: string[]): Promise<void> => {
  const set = values.flatMap((value) => ['--set', value]);
  await helm(release, ['upgrade', release, join(charts, release), '--reuse-values', ...set]);
};

/** Returns to the revision of a release before the last upgrade. */
export const rollBack = async (release: Release): Promise<void> => {
  await helm(release, ['rollback', release]);
};

/** Returns the image of the functions: name, and tag with its digest. */
export const imageOf = async (release: Release): Promise<{ name: string; tag: string }> =>
  JSON.parse(await helm(release, ['get', 'values', release, '--output', 'json'])).image;

type Functions = { items: { metadata: { generation: number }; status?: { observedGeneration?: number } }[] };

const inBuilds = (...words: string[]): Promise<string> => kubectl(['--namespace', builds, ...words]);

/** Waits until the pods of all functions and of the gateway are those of the last upgrade or rollback. */
export const untilRolledOut = async (): Promise<void> => {
  await until('Knative observed the functions', async () => {
    const { items } = JSON.parse(await inBuilds('get', 'ksvc', '-o', 'json')) as Functions;
    return items.every(({ metadata, status }) => status?.observedGeneration === metadata.generation);
  });
  await inBuilds('wait', 'ksvc', '--all', '--for=condition=Ready', waitTimeout);
  await kubectl(['--namespace', gatewayNamespace, 'rollout', 'status', 'deployment/gateway', waitTimeout]);
};
