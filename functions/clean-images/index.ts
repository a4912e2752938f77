import { authSettings, configuredAuthenticate } from '../../lib/auth/from-settings.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { createApp } from '../../lib/http/app.ts';
import { serve } from '../../lib/http/serve.ts';
import { configuredRegistry, registrySettings } from '../../lib/registry/from-settings.ts';
import { createCleanImages } from './handler.ts';

await serve('clean-images', async (log) => {
  const settings = readSettings([...authSettings, ...registrySettings]);
  const authenticate = configuredAuthenticate(settings, log);
  const handlers = { 'clean-images': createCleanImages(configuredRegistry(settings)) };
  return { listener: createApp({ handlers, authenticate, log }) };
});
