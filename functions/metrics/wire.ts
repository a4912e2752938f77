import { createAuthenticate } from '../../lib/auth/authenticate.ts';
import { mayReadToolsFromSettings, metricsAuthSettings } from '../../lib/auth/metrics-tokens.ts';
import { createCapacity } from '../../lib/capacity/store.ts';
import type { EndpointWire } from '../../lib/http/app.ts';
import { kubeFromSettings, kubeSettings } from '../../lib/kube/from-settings.ts';
import { ledgerFromSettings, ledgerSettings } from '../../lib/ledger/from-settings.ts';
import { createMetrics } from './handler.ts';

export const settingNames = [...kubeSettings, ...ledgerSettings, ...metricsAuthSettings, 'capacity'] as const;

export const wire: EndpointWire<typeof settingNames> = async (settings, { log }) => {
  const kube = await kubeFromSettings(settings, log);
  const capacity = createCapacity(kube, { slots: settings.capacity });
  const ledger = ledgerFromSettings(kube, settings);
  const mayReadTools = mayReadToolsFromSettings(settings, kube);
  const metrics = createMetrics({ kube, ledger, capacity, mayReadTools, now: () => new Date() });
  return { handlers: { metrics }, authenticate: createAuthenticate([]), close: kube.close };
};
