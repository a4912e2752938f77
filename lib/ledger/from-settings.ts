import type { Capacity } from '../capacity/store.ts';
import type { Settings } from '../config/settings.ts';
import type { Kube } from '../kube/client.ts';
import { createLedger, type Ledger } from './store.ts';

export const ledgerSettings = ['limitRunning', 'limitQueued', 'keepSucceeded', 'keepFailed'] as const;

/**
 * The ledger with the limits of a tool for which no administrator set others.
 * @param capacity of the cluster; only who promotes builds needs it
 */
export const ledgerFromSettings = (
  kube: Kube,
  settings: Settings<(typeof ledgerSettings)[number]>,
  capacity?: Capacity,
): Ledger =>
  createLedger(
    kube,
    {
      running: settings.limitRunning,
      queued: settings.limitQueued,
      succeeded: settings.keepSucceeded,
      failed: settings.keepFailed,
    },
    { capacity },
  );
