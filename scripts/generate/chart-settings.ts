import { type SettingName, settings } from '../../lib/config/settings.ts';

/** Names of values that operators know from builds-api 2, by the setting. */
const knownNames: Partial<Record<SettingName, string>> = {
  registryUrl: 'harborRepository',
  registryUser: 'harborUsername',
  keepSucceeded: 'okBuildsToKeep',
  keepFailed: 'failedBuildsToKeep',
  limitRunning: 'maxParallelBuilds',
};

/**
 * Settings that are no values of the chart, with who sets them: the chart's templates from other values, a row of
 * functions/table.ts, Knative, Kubernetes, or the function that starts the archiver.
 */
const setElsewhere: readonly SettingName[] = [
  ...(['port', 'kubeconfig', 'kubernetesHost', 'kubernetesPort', 'namespace'] as const),
  ...(['gatewaySecret', 'registryPassword', 's3AccessKey', 's3SecretKey', 'knownSecrets'] as const),
  ...(['keysFolder', 'keysConfigMap', 'eventSubjects', 'brokerToken', 'textStreamsDrain'] as const),
  ...([
    'logStore',
    'logFolder',
    'archiverImage',
    'archiverCommand',
    'webFolder',
    'sessionKeys',
    'refreshKeys',
  ] as const),
  ...(['archiverServiceAccount', 'archiverSecret', 'archiverKnownSecrets', 'archiverTool', 'archiverBuild'] as const),
];

/** Settings for which the chart has a default, though the functions have none. */
const withDefaultOfChart: readonly SettingName[] = ['eventIssuer', 'brokerUrl'];

/** Settings that an installation of the chart needs, though the embedded platform does not. */
const neededByChart: readonly SettingName[] = ['s3Endpoint', 's3Bucket'];

/** Settings that are values of the chart, in the order of lib/config/settings.ts. */
export const chartSettings = (Object.keys(settings) as SettingName[]).filter((name) => !setElsewhere.includes(name));

/** Returns the name below `config` of a setting that is a value of the chart. */
export const chartValueOf = (name: SettingName): string => knownNames[name] ?? name;

/** Says whether an installation of the chart must give the setting a value. */
export const isRequired = (name: SettingName): boolean =>
  neededByChart.includes(name) || (settings[name].default === undefined && !withDefaultOfChart.includes(name));
