import { authenticateFromSettings, authSettings } from '../../lib/auth/from-settings.ts';
import { readsFromSettings, readsSettings } from '../../lib/builds/reads-from-settings.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { createApp } from '../../lib/http/app.ts';
import { serve } from '../../lib/http/serve.ts';
import { createGetBuild, createGetLatestBuild } from './handler.ts';

await serve('get-build', async (log) => {
  const settings = readSettings([...authSettings, ...readsSettings]);
  const authenticate = authenticateFromSettings(settings, log);
  const context = await readsFromSettings(settings, log);
  const handlers = { 'get-build': createGetBuild(context), 'get-latest-build': createGetLatestBuild(context) };
  return { listener: createApp({ handlers, authenticate, log }), close: context.kube.close };
});
