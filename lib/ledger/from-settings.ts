import type { Capacity } from '../capacity/store.ts';
import type { Settings } from '../config/settings.ts';
import type { Kube } from '../kube/client.ts';
import { createLedger, type Ledger } from './store.ts';

/** The settings with the limits of a tool for which no administrator set others. */
export const ledgerSettings = ['limitRunning', 'limitQueued', 'keepSucceeded', 'keepFailed'] as const;

/**
 * Makes the ledger from settings.
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
