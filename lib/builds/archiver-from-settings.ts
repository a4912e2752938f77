import type { Environment } from '../config/setting.ts';
import { environmentOf, type Settings } from '../config/settings.ts';
import type { ArchiverSettings } from '../logs/archive/archiver-job.ts';
import { sharedBuildsSettings } from './from-settings.ts';

/** Names of the settings that describe the archiver, the Job that stores a build's log. */
export const archiverSettings = [
  'archiverImage',
  'archiverCommand',
  'archiverServiceAccount',
  'archiverSecret',
  'archiverKnownSecrets',
] as const;

/**
 * Settings that the archiver gets as environment variables. A setting of a secret holds only the path of a file: the
 * secrets themselves are mounted as files.
 */
const passedOn = ['namespace', ...sharedBuildsSettings, 'logMaxBytes', 'knownSecrets'] as const;

/**
 * Makes the description of the archiver from settings. The functions archive-logs and sweep create the archiver's Job
 * from the description.
 * @param environment the environment variables from which the settings were read; the archiver gets some of them
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
