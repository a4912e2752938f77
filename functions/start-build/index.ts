import { authSettings, configuredAuthenticate } from '../../lib/auth/from-settings.ts';
import { buildsSettings, configuredBuilds } from '../../lib/builds/from-settings.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { createApp } from '../../lib/http/app.ts';
import { serve } from '../../lib/http/serve.ts';
import { configuredRegistry, registrySettings } from '../../lib/registry/from-settings.ts';
import { storageForStart } from '../../lib/registry/storage.ts';
import { configuredSource, sourceSettings } from '../../lib/source/from-settings.ts';
import { createStartBuild } from './handler.ts';

await serve('start-build', async (log) => {
  const settings = readSettings([...authSettings, ...buildsSettings, ...registrySettings, ...sourceSettings]);
  const authenticate = configuredAuthenticate(settings, log);
  const registry = configuredRegistry(settings);
  const context = await configuredBuilds(settings, log);
  const startBuild = createStartBuild({
    ...context,
    source: configuredSource(settings),
    image: registry.image,
    storage: storageForStart(registry),
  });
  return {
    listener: createApp({ handlers: { 'start-build': startBuild }, authenticate, log }),
    close: context.kube.close,
  };
});
