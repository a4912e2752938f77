import { authenticateFromSettings, authSettings } from '../../lib/auth/from-settings.ts';
import { buildsFromSettings, buildsSettings } from '../../lib/builds/from-settings.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { createApp } from '../../lib/http/app.ts';
import { serve } from '../../lib/http/serve.ts';
import { registryFromSettings, registrySettings } from '../../lib/registry/from-settings.ts';
import { storageForStart } from '../../lib/registry/storage.ts';
import { sourceFromSettings, sourceSettings } from '../../lib/source/from-settings.ts';
import { createStartBuild } from './handler.ts';

await serve('start-build', async (log) => {
  const settings = readSettings([...authSettings, ...buildsSettings, ...registrySettings, ...sourceSettings]);
  const authenticate = authenticateFromSettings(settings, log);
  const registry = registryFromSettings(settings);
  const context = await buildsFromSettings(settings, log);
  const startBuild = createStartBuild({
    ...context,
    source: sourceFromSettings(settings),
    image: registry.image,
    storage: storageForStart(registry),
  });
  return {
    listener: createApp({ handlers: { 'start-build': startBuild }, authenticate, log }),
    close: context.kube.close,
  };
});
