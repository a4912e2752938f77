import { createCapacity } from '../capacity/store.ts';
import type { Settings } from '../config/settings.ts';
import { createMissingArchiverReporter } from '../events/archiver-wanted.ts';
import { createBehindReporter } from '../events/ledger-behind.ts';
import { brokerSettings, sendFromSettings } from '../events/send-event.ts';
import { kubeFromSettings, kubeSettings } from '../kube/from-settings.ts';
import { ledgerFromSettings, ledgerSettings } from '../ledger/from-settings.ts';
import type { Log } from '../log.ts';
import { createFailureExcerpt } from '../logs/masking/failure-excerpt.ts';
import type { ReadContext } from './context.ts';

/** Names of the settings of a function that only reads builds. */
export const readsSettings = [
  ...kubeSettings,
  ...ledgerSettings,
  ...brokerSettings,
  'buildsApiRuns',
  'capacity',
  'logSteps',
] as const;

/**
 * Makes the dependencies of a function that only reads builds.
 * @throws ConfigError for a setting that is missing or wrong
 */
export const readsFromSettings = async (
  settings: Settings<(typeof readsSettings)[number]>,
  log: Log,
): Promise<ReadContext> => {
  const kube = await kubeFromSettings(settings, log);
  const send = sendFromSettings(settings);
  return {
    kube,
    capacity: createCapacity(kube, { slots: settings.capacity }),
    ledger: ledgerFromSettings(kube, settings),
    log,
    buildsApiRuns: settings.buildsApiRuns,
    failureExcerpt: createFailureExcerpt(settings.logSteps),
    now: () => new Date(),
    reportBehind: createBehindReporter({ send, log }),
    requestArchiver: createMissingArchiverReporter({ send, log }),
  };
};
