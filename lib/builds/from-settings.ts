import { createCapacity } from '../capacity/store.ts';
import type { Settings } from '../config/settings.ts';
import type { Log } from '../log.ts';
import { configuredKube, kubeSettings } from '../kube/from-settings.ts';
import { configuredLedger, ledgerSettings } from '../ledger/from-settings.ts';
import { removeArchive } from '../logs/archive/remove.ts';
import { configuredStore, storeSettings } from '../store/from-settings.ts';
import type { ObjectStore } from '../store/types.ts';
import { createLastWords } from '../logs/masking/failure-excerpt.ts';
import type { BuildsContext } from './context.ts';

/** All but the way to the API server: a follower has its own, and is handed these. */
export const sharedBuildsSettings = [
  ...ledgerSettings,
  'capacity',
  ...storeSettings,
  'pipeline',
  'builderImage',
  'runImage',
  'serviceAccount',
  'buildTimeout',
  'logSteps',
] as const;

export const buildsSettings = [...kubeSettings, ...sharedBuildsSettings] as const;

type BuildsSettings = Settings<(typeof buildsSettings)[number]>;

const runSettingsOf = (settings: BuildsSettings) => ({
  pipeline: settings.pipeline,
  builderImage: settings.builderImage,
  runImage: settings.runImage,
  serviceAccount: settings.serviceAccount,
  timeout: settings.buildTimeout,
});

/** Everything that changes builds needs, from the settings. @throws ConfigError */
export const configuredBuilds = async (
  settings: BuildsSettings,
  log: Log,
): Promise<BuildsContext & { store: ObjectStore }> => {
  const kube = await configuredKube(settings);
  const store = configuredStore(settings);
  const capacity = createCapacity(kube, { slots: settings.capacity });
  return {
    kube,
    store,
    capacity,
    ledger: configuredLedger(kube, settings, capacity),
    runSettings: runSettingsOf(settings),
    log,
    lastWords: createLastWords(settings.logSteps),
    removeLog: (tool, id) => removeArchive(store, tool, id),
    now: () => new Date(),
  };
};
