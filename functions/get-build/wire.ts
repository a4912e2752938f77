import { authenticateFromSettings, authSettings } from '../../lib/auth/from-settings.ts';
import { readsFromSettings, readsSettings } from '../../lib/builds/reads-from-settings.ts';
import type { EndpointWire } from '../../lib/http/app.ts';
import { versionSettings, versionsFromSettings } from '../../lib/tekton/versions-from-settings.ts';
import { createGetBuild, createGetLatestBuild } from './handler.ts';

export const settingNames = [...authSettings, ...readsSettings, ...versionSettings] as const;

export const wire: EndpointWire<typeof settingNames> = async (settings, { log }) => {
  const authenticate = authenticateFromSettings(settings, log);
  const reads = await readsFromSettings(settings, log);
  const context = { ...reads, versions: versionsFromSettings(settings) };
  const handlers = { get: createGetBuild(context), latest: createGetLatestBuild(context) };
  return { handlers, authenticate, close: reads.kube.close };
};
