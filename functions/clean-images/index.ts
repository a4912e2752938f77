import { authenticateFromSettings, authSettings } from '../../lib/auth/from-settings.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { createApp } from '../../lib/http/app.ts';
import { serve } from '../../lib/http/serve.ts';
import { registryFromSettings, registrySettings } from '../../lib/registry/from-settings.ts';
import { createCleanImages } from './handler.ts';

await serve('clean-images', async (log) => {
  const settings = readSettings([...authSettings, ...registrySettings]);
  const authenticate = authenticateFromSettings(settings, log);
  const handlers = { 'clean-images': createCleanImages(registryFromSettings(settings)) };
  return { listener: createApp({ handlers, authenticate, log }) };
});
