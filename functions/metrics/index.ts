import { metricsAuthenticateFromSettings, metricsAuthSettings } from '../../lib/auth/metrics-tokens.ts';
import { createCapacity } from '../../lib/capacity/store.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { createApp } from '../../lib/http/app.ts';
import { serve } from '../../lib/http/serve.ts';
import { kubeFromSettings, kubeSettings } from '../../lib/kube/from-settings.ts';
import { ledgerFromSettings, ledgerSettings } from '../../lib/ledger/from-settings.ts';
import { createMetrics } from './handler.ts';

await serve('metrics', async (log) => {
  const settings = readSettings([...kubeSettings, ...ledgerSettings, ...metricsAuthSettings, 'capacity']);
  const kube = await kubeFromSettings(settings);
  const capacity = createCapacity(kube, { slots: settings.capacity });
  const ledger = ledgerFromSettings(kube, settings);
  const handlers = { metrics: createMetrics({ kube, ledger, capacity, now: () => new Date() }) };
  const authenticate = metricsAuthenticateFromSettings(settings, kube);
  return { listener: createApp({ handlers, authenticate, log }), close: kube.close };
});
