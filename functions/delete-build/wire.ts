import { authenticateFromSettings, authSettings } from '../../lib/auth/from-settings.ts';
import { requestingBuildsFromSettings, requestingBuildsSettings } from '../../lib/builds/from-settings.ts';
import type { EndpointWire } from '../../lib/http/app.ts';
import { createDeleteBuild } from './handler.ts';

export const settingNames = [...authSettings, ...requestingBuildsSettings] as const;

export const wire: EndpointWire<typeof settingNames> = async (settings, { log }) => {
  const authenticate = authenticateFromSettings(settings, log);
  const builds = await requestingBuildsFromSettings(settings, log);
  const handlers = { delete: createDeleteBuild(builds) };
  return { handlers, authenticate, close: builds.kube.close };
};
