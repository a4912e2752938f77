import type { BuildsContext } from '../builds/context.ts';
import { sharedBuildsSettings } from '../builds/from-settings.ts';
import { environmentOf, type Settings } from '../config/settings.ts';
import type { ObjectStore } from '../store/types.ts';
import type { ArchiverSettings } from './archive/archiver-job.ts';
import { type ArchiveSizes, defaultSizes } from './archive/writer.ts';
import { createSecretFinder, type SecretFinder } from './masking/secret-finder.ts';

export const logsSettings = ['logSteps', 'registryPassword', 'gatewaySecret', 'knownSecrets'] as const;

/** What of a log may be shown: the steps, and the secrets to mask. */
export type LogMasks = { allowedSteps: readonly string[]; findSecrets: SecretFinder };

/** The dependencies of code that archives logs. */
export type LogsContext = BuildsContext & LogMasks & { store: ObjectStore };

/** The secrets this process knows are masked by value; the others by their form. */
const knownSecrets = (settings: Settings<(typeof logsSettings)[number]>): string[] =>
  [settings.registryPassword, settings.gatewaySecret, ...(settings.knownSecrets ?? [])].filter(
    (secret) => secret !== undefined,
  );

/** Adds what of a log may be shown to the dependencies of a function. */
export const logsFromSettings = <Builds>(
  settings: Settings<(typeof logsSettings)[number]>,
  builds: Builds,
): Builds & LogMasks => ({
  ...builds,
  allowedSteps: settings.logSteps,
  findSecrets: createSecretFinder(knownSecrets(settings)),
});

/** What an archive may hold. */
export const archiveSizes = ({ logMaxBytes }: Settings<'logMaxBytes'>): ArchiveSizes => ({
  ...defaultSizes,
  maxBytes: logMaxBytes,
});

export const archiverSettings = [
  'archiverImage',
  'archiverCommand',
  'archiverServiceAccount',
  'archiverSecret',
  'archiverKnownSecrets',
] as const;

/** What the follower is told of this function's settings. Only names and paths: what is secret is mounted. */
const handedOn = ['namespace', ...sharedBuildsSettings, 'logMaxBytes', 'knownSecrets'] as const;

/** @param environment that the settings were read from */
export const archiverFromSettings = (
  settings: Settings<(typeof archiverSettings)[number]>,
  environment?: Record<string, string>,
): ArchiverSettings => ({
  image: settings.archiverImage,
  command: settings.archiverCommand,
  serviceAccount: settings.archiverServiceAccount,
  secret: settings.archiverSecret,
  knownSecrets: settings.archiverKnownSecrets,
  environment: environmentOf(handedOn, environment),
});
