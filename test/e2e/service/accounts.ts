import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { json } from 'node:stream/consumers';
import { archiverFromSettings, archiverSettings } from '../../../lib/builds/archiver-from-settings.ts';
import { readSettings } from '../../../lib/config/settings.ts';
import { kubeconfigConnection } from '../../../lib/kube/connection.ts';
import { type Resource, resources } from '../../../lib/kube/resources.ts';
import { ledgerName, toolLabel } from '../../../lib/ledger/names.ts';
import type { BuildRecord } from '../../../lib/ledger/types.ts';
import { archiverJob } from '../../../lib/logs/archive/archiver-job.ts';
import { imageHost, imageHostSettings } from '../../../lib/registry/from-settings.ts';
import { pipelineRun } from '../../../lib/tekton/run.ts';
import { versionSettings, versionsFromSettings } from '../../../lib/tekton/versions-from-settings.ts';
import { makeFacts } from '../../../scripts/generate/facts.ts';
import { eventually, type Json, setting } from '../pipeline/cluster.ts';
import { builds } from './service.ts';

const { accounts, services } = makeFacts({ namespace: builds });

/** Returns the names of the ServiceAccounts whose Role allows one of the verbs for a resource. */
export const accountsThatMay = (resource: string, ...verbs: string[]): string[] =>
  accounts.filter(({ grants }) => grants[resource]?.some((verb) => verbs.includes(verb))).map(({ name }) => name);

type Asked = { method: 'POST' | 'PATCH'; path: string; body: object };

const connection = kubeconfigConnection(setting('KUBECONFIG'));
const agent = new Agent({ keepAlive: true });

/**
 * Sends a request to the API server as a ServiceAccount in the namespace of the builds. The API server only checks the
 * request, and changes nothing.
 */
const dryRun = async (account: string, { method, path, body }: Asked): Promise<IncomingMessage> => {
  const { server, tls, authorization } = await connection;
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const headers = { 'content-type': type, 'impersonate-user': `system:serviceaccount:${builds}:${account}` };
  const credential = await authorization();
  const sent = request(new URL(`${path}?dryRun=All`, server), {
    ...{ method, agent, ...tls },
    headers: credential ? { ...headers, authorization: credential } : headers,
  });
  sent.end(JSON.stringify(body));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response;
};

/**
 * Asks whether a ServiceAccount may send a request. Webhooks of a small cluster are away at times, so a request is sent
 * again after a status of 500 or more.
 * @returns `accepted`, or the message of the refusal
 */
const resultOf = (account: string, asked: Asked): Promise<string> =>
  eventually(async () => {
    const response = await dryRun(account, asked);
    const { message = '' } = (await json(response)) as { message?: string };
    if ((response.statusCode ?? 500) >= 500) throw new Error(message);
    return (response.statusCode ?? 500) < 300 ? 'accepted' : message;
  });

const pathOf = ({ apiVersion, kind }: { apiVersion: string; kind: string }): string =>
  `/${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion}/namespaces/${builds}/${kind.toLowerCase()}s`;

/** Asks whether a ServiceAccount may create an object. @returns `accepted`, or the message of the refusal */
export const created = (account: string, object: object): Promise<string> =>
  resultOf(account, { method: 'POST', path: pathOf(object as { apiVersion: string; kind: string }), body: object });

/**
 * Asks whether a ServiceAccount may change an object by a merge patch.
 * @returns `accepted`, or the message of the refusal
 */
export const patched = (account: string, resource: Resource, name: string, patch: object): Promise<string> => {
  const path = `${resources[resource]}/namespaces/${builds}/${resource}/${name}`;
  return resultOf(account, { method: 'PATCH', path, body: patch });
};

/**
 * Asks whether a ServiceAccount may change the annotations of the Namespace.
 * @returns `accepted`, or the message of the refusal
 */
export const annotated = (account: string, annotations: Record<string, string>): Promise<string> =>
  resultOf(account, { method: 'PATCH', path: `/api/v1/namespaces/${builds}`, body: { metadata: { annotations } } });

/** Returns the beginning of the error for a request that a policy refuses. */
export const deniedBy = (policy: string): string => `ValidatingAdmissionPolicy '${builds}-${policy}' with binding`;

/** An object that a test changes at will. */
// biome-ignore lint/suspicious/noExplicitAny: the tests write into every field of any object.
export type Fields = any;

/** Returns a changed copy of an object. */
export const changed = (object: object, change: (object: Fields) => void): object => {
  const copy = structuredClone(object);
  change(copy);
  return copy;
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
export const runOf = (id: string, settings: Record<string, string>, tool = 'e2e'): Json => {
  const names = ['pipeline', 'serviceAccount', 'buildTimeout', ...versionSettings, ...imageHostSettings] as const;
  const given = readSettings(names, settings);
  const { pipeline, serviceAccount, buildTimeout: timeout } = given;
  const versions = versionsFromSettings(given);
  const runSettings = { pipeline, serviceAccount, timeout, versions, imageHost: imageHost(given) };
  return pipelineRun(record(id), tool, toolLabel(tool), runSettings, false) as unknown as Json;
};

/** Makes the ledger of a tool as the deployed functions make it. */
export const ledgerOf = (tool: string): Json => ({
  apiVersion: 'builds.toolforge.org/v1alpha1',
  kind: 'BuildLedger',
  metadata: { name: ledgerName(tool) },
  spec: { tool },
});

/** Makes the archiver Job of a build as the deployed functions make it. */
export const jobOf = (id: string, settings: Record<string, string>): Json => {
  const row = services.find(({ name }) => name === 'archive-logs');
  const environment = { ...settings, ...row?.environment };
  const archiver = archiverFromSettings(readSettings(archiverSettings, environment), environment);
  const metadata = { name: id, uid: '00000000-0000-0000-0000-000000000000' };
  return archiverJob({ metadata, spec: {} }, 'e2e', archiver) as unknown as Json;
};
