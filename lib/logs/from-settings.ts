import type { BuildsContext } from '../builds/context.ts';
import { sharedBuildsSettings } from '../builds/from-settings.ts';
import { type Environment, environmentOf, type Settings } from '../config/settings.ts';
import type { ObjectStore } from '../store/types.ts';
import type { ArchiverSettings } from './archive/archiver-job.ts';
import { type ArchiveSizes, defaultSizes } from './archive/writer.ts';
import { createSecretFinder, type SecretFinder } from './masking/secret-finder.ts';

/** Names of the settings that reading and archiving logs needs. */
export const logsSettings = ['logSteps', 'registryPassword', 'gatewaySecret', 'knownSecrets'] as const;

/** What a log may show: the steps, and a finder for the secrets to mask. */
export type LogMasks = { allowedSteps: readonly string[]; findSecrets: SecretFinder };

/** The dependencies of code that archives logs. */
export type LogsContext = BuildsContext & LogMasks & { store: ObjectStore };

/** The secrets that this process knows. They are masked by value, all others by their form. */
const knownSecrets = (settings: Settings<(typeof logsSettings)[number]>): string[] =>
  [settings.registryPassword, settings.gatewaySecret, ...(settings.knownSecrets ?? [])].filter(
    (secret) => secret !== undefined,
  );

/** Adds what a log may show to the dependencies of a function. */
export const logsFromSettings = <Builds>(
  settings: Settings<(typeof logsSettings)[number]>,
  builds: Builds,
): Builds & LogMasks => ({
  ...builds,
  allowedSteps: settings.logSteps,
  findSecrets: createSecretFinder(knownSecrets(settings)),
});

/** Returns the sizes of an archive: the log's limit from the settings, defaults for the rest. */
export const archiveSizes = ({ logMaxBytes }: Settings<'logMaxBytes'>): ArchiveSizes => ({
  ...defaultSizes,
  maxBytes: logMaxBytes,
});

/** Names of the settings that describe the archiver. */
export const archiverSettings = [
  'archiverImage',
  'archiverCommand',
  'archiverServiceAccount',
  'archiverSecret',
  'archiverKnownSecrets',
] as const;

/** Settings that the archiver gets in its environment. They are names and paths only: secrets are mounted as files. */
const passedOn = ['namespace', ...sharedBuildsSettings, 'logMaxBytes', 'knownSecrets'] as const;

/**
 * Describes the archiver to archive-logs and sweep.
 * @param environment the variables from which the settings were read
 */
export const archiverFromSettings = (
  settings: Settings<(typeof archiverSettings)[number]>,
  environment: Environment,
): ArchiverSettings => ({
  image: settings.archiverImage,
  command: settings.archiverCommand,
  serviceAccount: settings.archiverServiceAccount,
  secret: settings.archiverSecret,
  knownSecrets: settings.archiverKnownSecrets,
  environment: environmentOf(passedOn, environment),
});
