import { readSettings, type SettingName, settings } from '../lib/config/settings.ts';
import { isOneLetterOff } from './one-letter-off.ts';

/**
 * The embedded platform takes a setting from the environment, refuses to start with it, or goes on without it. The last
 * is for variables that other programs of the machine read too.
 */
type Use = 'taken' | { refused: string } | { unused: string };

const own = (part: string): Use => ({ refused: `The embedded platform has ${part} of its own.` });
const archiver: Use = { refused: 'The embedded platform runs the archiver itself.' };
const kubernetes: Use = { unused: 'The embedded platform has a Kubernetes API of its own.' };
const savedKeys: Use = { refused: 'The embedded platform saves no keys of issuers.' };

const uses: Readonly<Record<SettingName, Use>> = {
  port: 'taken',
  kubeconfig: kubernetes,
  kubernetesHost: kubernetes,
  kubernetesPort: kubernetes,
  namespace: { refused: 'The embedded platform has one namespace, which is image-build.' },

  issuers: 'taken',
  authResource: 'taken',
  gatewaySecret: own('a gateway with a secret'),
  superusers: 'taken',
  keysFolder: savedKeys,
  keysConfigMap: savedKeys,
  rateReads: 'taken',
  rateChanges: 'taken',
  failureDelayMs: 'taken',
  eventIssuer: own('a broker'),
  eventKeysUrl: own('a broker'),
  eventSubjects: own('a broker'),

  webUrl: own('a page'),
  webFolder: own('a page'),
  sessionKeys: own('a page'),
  refreshKeys: own('a page'),

  limitRunning: 'taken',
  limitQueued: 'taken',
  capacity: 'taken',
  keepSucceeded: 'taken',
  keepFailed: 'taken',
  buildsApiRuns: 'taken',

  pipeline: own('a pipeline'),
  builder: 'taken',
  runner: 'taken',
  latestBuilder: 'taken',
  latestRunner: 'taken',
  deprecatedBuilder: 'taken',
  deprecatedRunner: 'taken',
  deprecatedValidUntil: 'taken',
  serviceAccount: { refused: 'The embedded platform runs builds as the user who starts it.' },
  buildTimeout: 'taken',

  sourceAllowHttp: 'taken',
  sourceAllowedAddresses: 'taken',
  sourceProxy: 'taken',
  sourceNoProxy: 'taken',
  sourceTimeoutMs: 'taken',

  registryKind: own('a registry'),
  registryUrl: own('a registry'),
  registryHost: own('a registry'),
  registryLimitBytes: 'taken',
  registryUser: own('a registry'),
  registryPassword: own('a registry'),

  logSteps: 'taken',
  knownSecrets: 'taken',
  logStore: 'taken',
  logFolder: 'taken',
  s3Endpoint: 'taken',
  s3Bucket: 'taken',
  s3Region: 'taken',
  s3AccessKey: 'taken',
  s3SecretKey: 'taken',
  logMaxBytes: 'taken',
  archiverImage: archiver,
  archiverCommand: archiver,
  archiverServiceAccount: archiver,
  archiverSecret: archiver,
  archiverKnownSecrets: archiver,
  archiverTool: archiver,
  archiverBuild: archiver,
  streamSelfCloseMs: 'taken',
  textStreamsDrain: 'taken',
  metricsSubjects: 'taken',

  brokerUrl: own('a broker'),
  brokerToken: own('a broker'),
};

/** Variables that are settings of the embedded platform only. */
const ownVariables = ['GATEWAY_PORT', 'GIT_PORT', 'TOOLFORGE_BUILDS_DATA'];

/** A shorter name, such as PORT, is one letter off from too many variables of other programs. */
const shortestMisspelled = 6;

const misspelled = (machine: NodeJS.ProcessEnv): string[] => {
  const names = [...Object.values(settings).map(({ name }) => name), ...ownVariables];
  const isNear = (name: string, known: string): boolean =>
    known.length >= shortestMisspelled && isOneLetterOff(name.toUpperCase(), known);
  return Object.keys(machine).flatMap((name) => {
    const near = names.includes(name) ? undefined : names.find((known) => isNear(name, known));
    return near === undefined ? [] : [`There is no setting ${name}. Set ${near} if that is meant.`];
  });
};

/** Settings of the functions in the environment of the machine, by variable, and sentences about what is not used. */
export type MachineSettings = { settings: Record<string, string>; warnings: string[] };

/**
 * Reads the settings of the functions for the embedded platform from the environment of the machine. An empty variable
 * counts as absent where the embedded platform does not take the setting.
 * @throws Error that names each setting that the embedded platform can't take, and says what to do
 * @throws ConfigError for the name of a renamed or removed setting
 */
export const settingsOfMachine = (machine: NodeJS.ProcessEnv): MachineSettings => {
  // Reading no setting refuses the names of renamed and removed settings.
  readSettings([], machine);
  const rows = Object.entries(uses).map(([key, use]) => ({ name: settings[key as SettingName].name, use }));
  const present = rows.flatMap(({ name, use }) => {
    const value = machine[name];
    return value === undefined || (value === '' && use !== 'taken') ? [] : [{ name, value, use }];
  });
  const refused = present.flatMap(({ name, use }) =>
    typeof use === 'object' && 'refused' in use ? [`${name} can't be set here. ${use.refused} Unset ${name}.`] : [],
  );
  if (refused.length > 0) throw new Error(refused.join('\n'));
  const unused = present.flatMap(({ name, use }) =>
    typeof use === 'object' && 'unused' in use ? [`${name} is not used here. ${use.unused}`] : [],
  );
  const taken = present.filter(({ name, use }) => use === 'taken' && name !== settings.port.name);
  return {
    settings: Object.fromEntries(taken.map(({ name, value }) => [name, value])),
    warnings: [...unused, ...misspelled(machine)],
  };
};

/**
 * Checks the values of settings before a platform starts. The functions check theirs when they start, but programs of Jobs
 * start only with a build.
 * @throws ConfigError for the first setting with a wrong value
 */
export const checkSettings = (given: Readonly<Record<string, string>>): void => {
  const keys = (Object.keys(uses) as SettingName[]).filter((key) => given[settings[key].name] !== undefined);
  readSettings(keys, given);
};
