import { authenticateFromSettings, authSettings } from '../../lib/auth/from-settings.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { createApp } from '../../lib/http/app.ts';
import { serve } from '../../lib/http/serve.ts';
import { kubeFromSettings, kubeSettings } from '../../lib/kube/from-settings.ts';
import { ledgerFromSettings, ledgerSettings } from '../../lib/ledger/from-settings.ts';
import { registryFromSettings, registrySettings } from '../../lib/registry/from-settings.ts';
import { storageInTime } from '../../lib/registry/storage.ts';
import { createQuota } from './handler.ts';

await serve('quota', async (log) => {
  const settings = readSettings([...authSettings, ...kubeSettings, ...ledgerSettings, ...registrySettings]);
  const authenticate = authenticateFromSettings(settings, log);
  const storage = storageInTime(registryFromSettings(settings), 5000);
  const kube = await kubeFromSettings(settings);
  const handlers = { quota: createQuota({ ledger: ledgerFromSettings(kube, settings), storage }) };
  return { listener: createApp({ handlers, authenticate, log }), close: kube.close };
});
