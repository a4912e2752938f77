import type { Settings } from '../config/settings.ts';
import { type ArchiveSizes, defaultSizes } from './archive/writer.ts';
import { createChangingFinder } from './masking/changing-values.ts';
import type { SecretFinder } from './masking/secret-finder.ts';

/** Names of the settings that functions need to read and archive logs. */
export const logsSettings = ['logSteps', 'registryPassword', 'gatewaySecret', 'knownSecrets'] as const;

/** Limits of what a log may show: the steps whose log is shown, and a finder for the secrets to mask. */
export type LogMasks = { allowedSteps: readonly string[]; findSecrets: SecretFinder };

/** Returns the secrets that this process knows. Known secrets are masked by value, all other secrets by their form. */
const knownSecrets = (settings: Settings<(typeof logsSettings)[number]>): string[] =>
  [settings.registryPassword, settings.gatewaySecret, settings.knownSecrets].flatMap(
    (secret) => secret?.values() ?? [],
  );

/** Adds the steps whose log is shown and the secret finder to the dependencies of a function. */
export const logsFromSettings = <Builds>(
  settings: Settings<(typeof logsSettings)[number]>,
  builds: Builds,
): Builds & LogMasks => ({
  ...builds,
  allowedSteps: settings.logSteps,
  findSecrets: createChangingFinder({ values: () => knownSecrets(settings) }),
});

/** Returns the sizes of an archive: the log's limit from the settings, defaults for the rest. */
export const archiveSizes = ({ logMaxBytes }: Settings<'logMaxBytes'>): ArchiveSizes => ({
  ...defaultSizes,
  maxBytes: logMaxBytes,
});
