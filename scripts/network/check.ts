import { randomBytes } from 'node:crypto';
import { readSettings } from '../../lib/config/settings.ts';
import { metadataAddresses } from '../../lib/source/metadata-addresses.ts';
import { createNoEgress, type Kubectl, outcomesOf, type Place, removePods, startPod } from './pods.ts';
import { listenPort, type ProgramTarget } from './program.ts';
import { type Attempt, type Finding, findingOf, type Outcome } from './verdicts.ts';

type Target = Omit<Attempt, 'from'> & { to: ProgramTarget };

const portOf = ({ port, protocol }: URL): number => Number(port || (protocol === 'https:' ? 443 : 80));

const serverAt = (url: string): ProgramTarget => {
  const parsed = new URL(url);
  return { host: parsed.hostname, port: portOf(parsed) };
};

const metadataTargets = metadataAddresses.map(
  ({ cloud, address }): Target => ({
    target: `the metadata address ${address} (${cloud})`,
    to: { host: address, port: 80 },
    expected: 'closed',
    meaning: "A build's program can read the credentials of the node. Forbid it in the network, or at the cloud.",
  }),
);

const closedTargets = (functionPod: string): Target[] => [
  ...metadataTargets,
  {
    target: "a function's pod",
    to: { host: functionPod, port: listenPort },
    expected: 'closed',
    meaning: 'The NetworkPolicy functions is not enforced: every pod can connect to the functions.',
  },
];

type Settings = { namespace: string; registryUrl: string; s3Endpoint: string | undefined };

const otherTargets = ({ namespace, registryUrl, s3Endpoint }: Settings, plainPod: string): Target[] => [
  {
    target: "a function through Knative's gateway",
    to: { host: `get-build.${namespace}.svc`, port: 80, path: '/v1/tool/network-check/builds/none' },
    expected: 'refused',
    meaning: 'The function does not refuse a caller without a credential. Stop the service.',
  },
  {
    target: 'the Kubernetes API',
    to: { host: 'kubernetes.default.svc', port: 443 },
    expected: 'any',
    meaning: '',
  },
  { target: 'a pod without a policy', to: { host: plainPod, port: listenPort }, expected: 'open', meaning: noResult },
  {
    target: `the registry ${registryUrl}`,
    to: serverAt(registryUrl),
    expected: 'open',
    meaning: 'Builds cannot push their images.',
  },
  ...(s3Endpoint
    ? [{ target: 'the object store of the logs', to: serverAt(s3Endpoint), expected: 'any' as const, meaning: '' }]
    : []),
];

const noResult = 'Pods cannot connect to each other at all, so this check says nothing about NetworkPolicies.';

const findingsOf = (from: Attempt['from'], targets: readonly Target[], outcomes: readonly Outcome[]): Finding[] =>
  targets.map(({ to: _, ...target }, at) => findingOf({ ...target, from }, outcomes[at] ?? { connected: false }));

const addressesOf = (targets: readonly Target[]): ProgramTarget[] => targets.map(({ to }) => to);

const buildTargets = (settings: Settings, functionPod: string, plainPod: string): Target[] => [
  ...closedTargets(functionPod),
  ...otherTargets(settings, plainPod),
];

const targetsOfOther = (buildPod: string): Target[] => [
  {
    target: "a build's pod",
    to: { host: buildPod, port: listenPort },
    expected: 'closed',
    meaning: 'NetworkPolicies for incoming connections are not enforced: every pod can connect to a build.',
  },
];

const targetsWithoutEgress = (plainPod: string): Target[] => [
  {
    target: 'a pod without a policy',
    to: { host: plainPod, port: listenPort },
    expected: 'closed',
    meaning: 'NetworkPolicies for outgoing connections are not enforced: a build can connect to every address.',
  },
];

const connectAll = async (place: Place, settings: Settings): Promise<Finding[]> => {
  await createNoEgress(place);
  const [functionPod, plainPod] = await Promise.all([startPod(place, 'function'), startPod(place, 'plain')]);
  const ofBuild = buildTargets(settings, functionPod, plainPod);
  const buildPod = await startPod(place, 'build', addressesOf(ofBuild));
  const ofOther = targetsOfOther(buildPod);
  const withoutEgress = targetsWithoutEgress(plainPod);
  await Promise.all([
    startPod(place, 'other', addressesOf(ofOther)),
    startPod(place, 'egress', addressesOf(withoutEgress)),
  ]);
  return [
    ...findingsOf('build', ofBuild, await outcomesOf(place, 'build')),
    ...findingsOf('other', ofOther, await outcomesOf(place, 'other')),
    ...findingsOf('egress', withoutEgress, await outcomesOf(place, 'egress')),
  ];
};

/**
 * Returns the settings of a deployed function.
 * @param env variables of its container, as Kubernetes shows them: without `value` where the value is empty, and with
 *   `$$` for `$`
 */
export const settingsOf = (env: readonly { name: string; value?: string }[]): Record<string, string> =>
  Object.fromEntries(env.map(({ name, value = '' }) => [name, value.replaceAll('$$', '$')]));

const deployedSettings = async (kubectl: Kubectl): Promise<Record<string, string>> => {
  const path = '{.spec.template.spec.containers[0].env}';
  return settingsOf(JSON.parse(await kubectl(['get', 'ksvc', 'start-build', '-o', `jsonpath=${path}`])));
};

/**
 * Tries from a pod that looks like a build which addresses a build can reach, and whether NetworkPolicies are enforced.
 * Makes five pods and a NetworkPolicy in the namespace of the builds, and deletes them at the end.
 * @param kubectl runs kubectl in the namespace of the builds
 * @throws Error where the pods do not start, or where the service is not deployed
 */
export const checkNetwork = async (kubectl: Kubectl, namespace: string): Promise<Finding[]> => {
  const names = ['archiverImage', 'pipeline', 'serviceAccount', 'registryUrl', 's3Endpoint'] as const;
  const settings = readSettings(names, await deployedSettings(kubectl));
  const { archiverImage: image, pipeline, serviceAccount, registryUrl, s3Endpoint } = settings;
  const name = `network-check-${randomBytes(3).toString('hex')}`;
  const place = { kubectl, name, image, pipeline, serviceAccount };
  try {
    return await connectAll(place, { namespace, registryUrl, s3Endpoint });
  } finally {
    await removePods(place);
  }
};
