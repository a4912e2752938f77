import { createCapacity } from '../capacity/store.ts';
import type { Settings } from '../config/settings.ts';
import { createArchiverRequester } from '../events/archiver-wanted.ts';
import { createRunRequester } from '../events/ledger-behind.ts';
import { brokerSettings, sendFromSettings } from '../events/send-event.ts';
import { kubeFromSettings, kubeSettings } from '../kube/from-settings.ts';
import { ledgerFromSettings, ledgerSettings } from '../ledger/from-settings.ts';
import type { Log } from '../log.ts';
import { removeArchive } from '../logs/archive/remove.ts';
import { createFailureExcerpt } from '../logs/masking/failure-excerpt.ts';
import { imageHost, imageHostSettings } from '../registry/from-settings.ts';
import { storeFromSettings, storeSettings } from '../store/from-settings.ts';
import type { ObjectStore } from '../store/types.ts';
import { versionSettings, versionsFromSettings } from '../tekton/versions-from-settings.ts';
import type { BuildsContext } from './context.ts';

/**
 * Names of the settings of a function that changes builds, except the address of the Kubernetes API server. The
 * archiver gets these settings too.
 */
export const sharedBuildsSettings = [
  ...ledgerSettings,
  'buildsApiRuns',
  'capacity',
  ...storeSettings,
  'pipeline',
  ...versionSettings,
  ...imageHostSettings,
  'serviceAccount',
  'buildTimeout',
  'logSteps',
] as const;

/** Names of the settings of a function that changes builds. */
export const buildsSettings = [...kubeSettings, ...sharedBuildsSettings] as const;

/** Names of the settings of a function that changes builds, and sends events about them to the broker. */
export const requestingBuildsSettings = [...buildsSettings, ...brokerSettings] as const;

type BuildsSettings = Settings<(typeof buildsSettings)[number]>;

const runSettingsOf = (settings: BuildsSettings) => ({
  pipeline: settings.pipeline,
  versions: versionsFromSettings(settings),
  imageHost: imageHost(settings),
  serviceAccount: settings.serviceAccount,
  timeout: settings.buildTimeout,
});

/**
 * Makes the dependencies of a function that changes builds.
 * @throws ConfigError for a setting that is missing or wrong
 */
export const buildsFromSettings = async (
  settings: BuildsSettings,
  log: Log,
): Promise<BuildsContext & { store: ObjectStore }> => {
  const kube = await kubeFromSettings(settings, log);
  const store = storeFromSettings(settings);
  const capacity = createCapacity(kube, { slots: settings.capacity });
  return {
    kube,
    store,
    capacity,
    ledger: ledgerFromSettings(kube, settings, capacity),
    runSettings: runSettingsOf(settings),
    log,
    buildsApiRuns: settings.buildsApiRuns,
    failureExcerpt: createFailureExcerpt(settings.logSteps),
    removeLog: (tool, id) => removeArchive(store, tool, id),
    now: () => new Date(),
  };
};

/**
 * Makes the dependencies of a function that changes builds, and whose ServiceAccount may not create runs. Where such a
 * function promotes a queued build, or finds a build without a run, it requests the run from finish-build.
 * @throws ConfigError for a setting that is missing or wrong
 */
export const requestingBuildsFromSettings = async (
  settings: Settings<(typeof requestingBuildsSettings)[number]>,
  log: Log,
): Promise<BuildsContext & { store: ObjectStore }> => ({
  ...(await buildsFromSettings(settings, log)),
  requestRun: createRunRequester({ send: sendFromSettings(settings), log }),
});

/**
 * Makes the dependencies of a function that creates runs, and requests their archivers from archive-logs.
 * @throws ConfigError for a setting that is missing or wrong
 */
export const creatingBuildsFromSettings = async (
  settings: Settings<(typeof requestingBuildsSettings)[number]>,
  log: Log,
): Promise<BuildsContext & { store: ObjectStore }> => ({
  ...(await buildsFromSettings(settings, log)),
  requestArchiver: createArchiverRequester({ send: sendFromSettings(settings), log }),
});
