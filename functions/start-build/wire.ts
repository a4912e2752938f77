import { authenticateFromSettings, authSettings } from '../../lib/auth/from-settings.ts';
import { creatingBuildsFromSettings, requestingBuildsSettings } from '../../lib/builds/from-settings.ts';
import type { EndpointWire } from '../../lib/http/app.ts';
import { registryFromSettings, registrySettings } from '../../lib/registry/from-settings.ts';
import { storageForStart } from '../../lib/registry/storage.ts';
import { sourceFromSettings, sourceSettings } from '../../lib/source/from-settings.ts';
import { createStartBuild } from './handler.ts';

export const settingNames = [
  ...authSettings,
  ...requestingBuildsSettings,
  ...registrySettings,
  ...sourceSettings,
] as const;

export const wire: EndpointWire<typeof settingNames> = async (settings, { log }) => {
  const authenticate = authenticateFromSettings(settings, log);
  const registry = registryFromSettings(settings);
  const builds = await creatingBuildsFromSettings(settings, log);
  const startBuild = createStartBuild({
    ...builds,
    source: sourceFromSettings(settings),
    prepareRegistry: registry.prepare,
    storage: storageForStart(registry),
  });
  return { handlers: { start: startBuild }, authenticate, close: builds.kube.close };
};
