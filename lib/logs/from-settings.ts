import type { Settings } from '../config/settings.ts';
import { type ArchiveSizes, defaultSizes } from './archive/writer.ts';
import { createSecretFinder, type SecretFinder } from './masking/secret-finder.ts';

/** Names of the settings that reading and archiving logs needs. */
export const logsSettings = ['logSteps', 'registryPassword', 'gatewaySecret', 'knownSecrets'] as const;

/** What a log may show: the steps, and a finder for the secrets to mask. */
export type LogMasks = { allowedSteps: readonly string[]; findSecrets: SecretFinder };

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
