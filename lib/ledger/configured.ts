import type { Settings } from '../config/settings.ts';
import type { Kube } from '../kube/client.ts';
import { createLedger, type Ledger } from './ledger.ts';

export const ledgerSettings = ['limitRunning', 'limitQueued', 'keepSucceeded', 'keepFailed'] as const;

/** The ledger with the limits of a tool for which no administrator set others. */
export const configuredLedger = (kube: Kube, settings: Settings<(typeof ledgerSettings)[number]>): Ledger =>
  createLedger(kube, {
    running: settings.limitRunning,
    queued: settings.limitQueued,
    succeeded: settings.keepSucceeded,
    failed: settings.keepFailed,
  });
