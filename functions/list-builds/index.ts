import { authenticateFromSettings, authSettings } from '../../lib/auth/from-settings.ts';
import { readsFromSettings, readsSettings } from '../../lib/builds/reads-from-settings.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { createApp } from '../../lib/http/app.ts';
import { serve } from '../../lib/http/serve.ts';
import { createListBuilds } from './handler.ts';

await serve('list-builds', async (log) => {
  const settings = readSettings([...authSettings, ...readsSettings]);
  const authenticate = authenticateFromSettings(settings, log);
  const context = await readsFromSettings(settings, log);
  const handlers = { 'list-builds': createListBuilds(context) };
  return { listener: createApp({ handlers, authenticate, log }), close: context.kube.close };
});
