import { archiverFromSettings, archiverSettings } from '../../../lib/builds/archiver-from-settings.ts';
import { readSettings } from '../../../lib/config/settings.ts';
import type { BuildRecord } from '../../../lib/ledger/types.ts';
import { archiverJob } from '../../../lib/logs/archive/archiver-job.ts';
import { pipelineRun } from '../../../lib/tekton/run.ts';
import { makeFacts } from '../../../scripts/generate/facts.ts';
import { type Json, kubectl } from '../pipeline/cluster.ts';
import { builds } from './service.ts';

const { accounts, services } = makeFacts({ namespace: builds });

/** Returns the names of the ServiceAccounts whose Role allows one of the verbs for a resource. */
export const accountsThatMay = (resource: string, ...verbs: string[]): string[] =>
  accounts.filter(({ grants }) => grants[resource]?.some((verb) => verbs.includes(verb))).map(({ name }) => name);

/** Runs kubectl as a ServiceAccount in the namespace of the builds, and changes nothing: the API server only checks. */
const dryRun = (account: string, words: string[], input = ''): Promise<string> =>
  kubectl(
    [...words, '--namespace', builds, '--dry-run=server', '--as', `system:serviceaccount:${builds}:${account}`],
    input,
  );

const resultOf = async (sent: Promise<string>): Promise<string> => {
  try {
    await sent;
    return 'accepted';
  } catch (error) {
    return (error as Error).message;
  }
};

/** Asks whether a ServiceAccount may create an object. @returns `accepted`, or the error of kubectl */
export const created = (account: string, object: object): Promise<string> =>
  resultOf(dryRun(account, ['create', '-f', '-'], JSON.stringify(object)));

/** Asks whether a ServiceAccount may change an object by a merge patch. @returns `accepted`, or the error of kubectl */
export const patched = (account: string, resource: string, name: string, patch: object): Promise<string> =>
  resultOf(dryRun(account, ['patch', resource, name, '--type=merge', '-p', JSON.stringify(patch)]));

/** Returns the settings of the deployed functions. */
export const deployedSettings = async (): Promise<Record<string, string>> => {
  const path = 'jsonpath={.spec.template.spec.containers[0].envFrom[0].configMapRef.name}';
  const name = await kubectl(['get', 'ksvc', 'start-build', '--namespace', builds, '-o', path]);
  const configMap = await kubectl(['get', 'configmap', name, '--namespace', builds, '-o', 'json']);
  return (JSON.parse(configMap) as { data: Record<string, string> }).data;
};

const record = (id: string): BuildRecord => ({
  id,
  parameters: { source_url: 'https://example.org/r.git', ref: 'main', envvars: { NAME: 'value' } },
  sourceUrl: 'https://example.org/r.git',
  commit: '0'.repeat(40),
  image: 'registry.example/tool-e2e/tool-e2e:latest',
  acceptedAt: new Date().toISOString(),
  status: 'BUILD_PENDING',
  message: '',
  log: 'live',
});

/** Makes the run of a build as the deployed functions make it. */
export const runOf = (id: string, settings: Record<string, string>): Json => {
  const names = ['pipeline', 'builderImage', 'runImage', 'serviceAccount', 'buildTimeout'] as const;
  const { buildTimeout: timeout, ...others } = readSettings(names, settings);
  return pipelineRun(record(id), 'e2e', 'e2e', { ...others, timeout }, false) as unknown as Json;
};

/** Makes the archiver Job of a build as the deployed functions make it. */
export const jobOf = (id: string, settings: Record<string, string>): Json => {
  const row = services.find(({ name }) => name === 'archive-logs');
  const environment = { ...settings, ...row?.environment };
  const archiver = archiverFromSettings(readSettings(archiverSettings, environment), environment);
  const metadata = { name: id, uid: '00000000-0000-0000-0000-000000000000' };
  return archiverJob({ metadata, spec: {} }, 'e2e', archiver) as unknown as Json;
};
