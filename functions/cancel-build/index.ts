import { authenticateFromSettings, authSettings } from '../../lib/auth/from-settings.ts';
import { buildsFromSettings, buildsSettings } from '../../lib/builds/from-settings.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { createApp } from '../../lib/http/app.ts';
import { serve } from '../../lib/http/serve.ts';
import { createCancelBuild } from './handler.ts';

await serve('cancel-build', async (log) => {
  const settings = readSettings([...authSettings, ...buildsSettings]);
  const authenticate = authenticateFromSettings(settings, log);
  const context = await buildsFromSettings(settings, log);
  const handlers = { 'cancel-build': createCancelBuild(context) };
  return { listener: createApp({ handlers, authenticate, log }), close: context.kube.close };
});
