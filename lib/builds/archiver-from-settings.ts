import type { Environment } from '../config/setting.ts';
import { environmentOf, type Settings } from '../config/settings.ts';
import type { ArchiverSettings } from '../logs/archive/archiver-job.ts';
import { sharedBuildsSettings } from './from-settings.ts';

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
