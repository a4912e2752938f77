import { createCapacity } from '../capacity/store.ts';
import type { Settings } from '../config/settings.ts';
import { kubeFromSettings, kubeSettings } from '../kube/from-settings.ts';
import { ledgerFromSettings, ledgerSettings } from '../ledger/from-settings.ts';
import type { Log } from '../log.ts';
import { removeArchive } from '../logs/archive/remove.ts';
import { createFailureExcerpt } from '../logs/masking/failure-excerpt.ts';
import { storeFromSettings, storeSettings } from '../store/from-settings.ts';
import type { ObjectStore } from '../store/types.ts';
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
export const buildsFromSettings = async (
  settings: BuildsSettings,
  log: Log,
): Promise<BuildsContext & { store: ObjectStore }> => {
  const kube = await kubeFromSettings(settings);
  const store = storeFromSettings(settings);
  const capacity = createCapacity(kube, { slots: settings.capacity });
  return {
    kube,
    store,
    capacity,
    ledger: ledgerFromSettings(kube, settings, capacity),
    runSettings: runSettingsOf(settings),
    log,
    failureExcerpt: createFailureExcerpt(settings.logSteps),
    removeLog: (tool, id) => removeArchive(store, tool, id),
    now: () => new Date(),
  };
};
