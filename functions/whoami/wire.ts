import { authenticateFromSettings, authSettings } from '../../lib/auth/from-settings.ts';
import type { EndpointWire } from '../../lib/http/app.ts';
import { createWhoami } from './handler.ts';

export const settingNames = authSettings;

export const wire: EndpointWire<typeof settingNames> = async (settings, { log }) => ({
  handlers: { whoami: createWhoami() },
  authenticate: authenticateFromSettings(settings, log),
});
