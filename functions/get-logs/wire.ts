import { authenticateFromSettings, authSettings } from '../../lib/auth/from-settings.ts';
import { readsFromSettings, readsSettings } from '../../lib/builds/reads-from-settings.ts';
import type { EndpointWire } from '../../lib/http/app.ts';
import { logsFromSettings, logsSettings } from '../../lib/logs/from-settings.ts';
import { storeFromSettings, storeSettings } from '../../lib/store/from-settings.ts';
import { createGetLogs } from './handler.ts';

export const settingNames = [
  ...authSettings,
  ...readsSettings,
  ...storeSettings,
  ...logsSettings,
  'streamSelfCloseMs',
  'textStreamsDrain',
] as const;

export const wire: EndpointWire<typeof settingNames> = async (settings, { log, shutdown }) => {
  const authenticate = authenticateFromSettings(settings, log);
  const reads = await readsFromSettings(settings, log);
  const logs = logsFromSettings(settings, { ...reads, store: storeFromSettings(settings) });
  const { streamSelfCloseMs: selfCloseMs, textStreamsDrain: textDrains } = settings;
  const handlers = { logs: createGetLogs({ ...logs, selfCloseMs, textDrains, shutdown }) };
  return { handlers, authenticate, close: logs.kube.close };
};
