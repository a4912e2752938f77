import { authSettings, configuredAuthenticate } from '../../lib/auth/from-settings.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { createApp } from '../../lib/http/app.ts';
import { serve } from '../../lib/http/serve.ts';
import { configuredKube, kubeSettings } from '../../lib/kube/from-settings.ts';
import { configuredLedger, ledgerSettings } from '../../lib/ledger/from-settings.ts';
import { configuredRegistry, registrySettings } from '../../lib/registry/from-settings.ts';
import { storageInTime } from '../../lib/registry/storage.ts';
import { createQuota } from './handler.ts';

await serve('quota', async (log) => {
  const settings = readSettings([...authSettings, ...kubeSettings, ...ledgerSettings, ...registrySettings]);
  const authenticate = configuredAuthenticate(settings, log);
  const storage = storageInTime(configuredRegistry(settings), 5000);
  const kube = await configuredKube(settings);
  const handlers = { quota: createQuota({ ledger: configuredLedger(kube, settings), storage }) };
  return { listener: createApp({ handlers, authenticate, log }), close: kube.close };
});
