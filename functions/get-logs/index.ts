import { authSettings, configuredAuthenticate } from '../../lib/auth/from-settings.ts';
import { buildsSettings, configuredBuilds } from '../../lib/builds/from-settings.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { createApp } from '../../lib/http/app.ts';
import { serve } from '../../lib/http/serve.ts';
import { configuredLogs, logsSettings } from '../../lib/logs/from-settings.ts';
import { createGetLogs } from './handler.ts';

await serve('get-logs', async (log, shutdown) => {
  const settings = readSettings([
    ...authSettings,
    ...buildsSettings,
    ...logsSettings,
    'streamSelfCloseMs',
    'textStreamsDrain',
  ]);
  const authenticate = configuredAuthenticate(settings, log);
  const logs = configuredLogs(settings, await configuredBuilds(settings, log));
  const { streamSelfCloseMs: selfCloseMs, textStreamsDrain: textDrains } = settings;
  const handlers = { 'get-logs': createGetLogs({ ...logs, selfCloseMs, textDrains, shutdown }) };
  return { listener: createApp({ handlers, authenticate, log }), close: logs.kube.close };
});
