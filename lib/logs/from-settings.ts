import { type configuredBuilds, sharedBuildsSettings } from '../builds/from-settings.ts';
import type { BuildsContext } from '../builds/context.ts';
import { environmentOf, type Settings } from '../config/settings.ts';
import type { ObjectStore } from '../store/types.ts';
import { type ArchiveSizes, defaultSizes } from './archive/writer.ts';
import { createDetector, type Detector } from './masking/secret-finder.ts';
import type { FollowerSettings } from './archive/archiver-job.ts';

export const logsSettings = ['logSteps', 'registryPassword', 'gatewaySecret', 'knownSecrets'] as const;

/** What reading and archiving logs needs, beside the builds. */
export type LogsContext = BuildsContext & { store: ObjectStore; allowedSteps: readonly string[]; detect: Detector };

/** The secrets this process knows are masked by value; the others by their form. */
const knownSecrets = (settings: Settings<(typeof logsSettings)[number]>): string[] =>
  [settings.registryPassword, settings.gatewaySecret, ...(settings.knownSecrets ?? [])].filter(
    (secret) => secret !== undefined,
  );

export const configuredLogs = (
  settings: Settings<(typeof logsSettings)[number]>,
  builds: Awaited<ReturnType<typeof configuredBuilds>>,
): LogsContext => ({ ...builds, allowedSteps: settings.logSteps, detect: createDetector(knownSecrets(settings)) });

/** What an archive may hold. */
export const archiveSizes = ({ logMaxBytes }: Settings<'logMaxBytes'>): ArchiveSizes => ({
  ...defaultSizes,
  maxBytes: logMaxBytes,
});

export const followerSettings = [
  'followerImage',
  'followerCommand',
  'followerServiceAccount',
  'followerSecret',
  'followerKnownSecrets',
] as const;

/** What the follower is told of this function's settings. Only names and paths: what is secret is mounted. */
const handedOn = ['namespace', ...sharedBuildsSettings, 'logMaxBytes', 'knownSecrets'] as const;

/** @param environment that the settings were read from */
export const configuredFollower = (
  settings: Settings<(typeof followerSettings)[number]>,
  environment?: Record<string, string>,
): FollowerSettings => ({
  image: settings.followerImage,
  command: settings.followerCommand,
  serviceAccount: settings.followerServiceAccount,
  secret: settings.followerSecret,
  knownSecrets: settings.followerKnownSecrets,
  environment: environmentOf(handedOn, environment),
});
