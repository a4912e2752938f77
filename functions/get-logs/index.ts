import { authenticateFromSettings, authSettings } from '../../lib/auth/from-settings.ts';
import { readsFromSettings, readsSettings } from '../../lib/builds/reads-from-settings.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { createApp } from '../../lib/http/app.ts';
import { serve } from '../../lib/http/serve.ts';
import { logsFromSettings, logsSettings } from '../../lib/logs/from-settings.ts';
import { storeFromSettings, storeSettings } from '../../lib/store/from-settings.ts';
import { createGetLogs } from './handler.ts';

await serve('get-logs', async (log, shutdown) => {
  const settings = readSettings([
    ...authSettings,
    ...readsSettings,
    ...storeSettings,
    ...logsSettings,
    'streamSelfCloseMs',
    'textStreamsDrain',
  ]);
  const authenticate = authenticateFromSettings(settings, log);
  const reads = { ...(await readsFromSettings(settings, log)), store: storeFromSettings(settings) };
  const logs = logsFromSettings(settings, reads);
  const { streamSelfCloseMs: selfCloseMs, textStreamsDrain: textDrains } = settings;
  const handlers = { 'get-logs': createGetLogs({ ...logs, selfCloseMs, textDrains, shutdown }) };
  return { listener: createApp({ handlers, authenticate, log }), close: logs.kube.close };
});
