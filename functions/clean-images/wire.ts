import { authenticateFromSettings, authSettings } from '../../lib/auth/from-settings.ts';
import type { EndpointWire } from '../../lib/http/app.ts';
import { registryFromSettings, registrySettings } from '../../lib/registry/from-settings.ts';
import { createCleanImages } from './handler.ts';

export const settingNames = [...authSettings, ...registrySettings] as const;

export const wire: EndpointWire<typeof settingNames> = async (settings, { log }) => {
  const authenticate = authenticateFromSettings(settings, log);
  const handlers = { clean: createCleanImages(registryFromSettings(settings)) };
  return { handlers, authenticate };
};
