import type { Capacity } from '../capacity/store.ts';
import type { Settings } from '../config/settings.ts';
import type { Kube } from '../kube/client.ts';
import { createLedger, type Ledger } from './store.ts';

/** Names of the settings with the default limits of a tool. An administrator may set other limits for one tool. */
export const ledgerSettings = ['limitRunning', 'limitQueued', 'keepSucceeded', 'keepFailed'] as const;

/**
 * Makes the store of the ledgers from settings.
 * @param capacity the cluster's capacity; only functions that promote builds need it
 */
export const ledgerFromSettings = (
  kube: Kube,
  settings: Settings<(typeof ledgerSettings)[number]>,
  capacity?: Capacity,
): Ledger => {
  const limits = {
    running: settings.limitRunning,
    queued: settings.limitQueued,
    succeeded: settings.keepSucceeded,
    failed: settings.keepFailed,
  };
  return createLedger(kube, limits, { capacity });
};
