import { eventAuthenticateFromSettings, eventAuthSettings } from '../../lib/auth/event-tokens.ts';
import { saveKeys } from '../../lib/auth/saved-keys.ts';
import { archiverFromSettings, archiverSettings } from '../../lib/builds/archiver-from-settings.ts';
import { buildsFromSettings, buildsSettings } from '../../lib/builds/from-settings.ts';
import type { EventWire } from '../../lib/events/app.ts';
import { logsFromSettings, logsSettings } from '../../lib/logs/from-settings.ts';
import { createSweep } from './handler.ts';

export const settingNames = [
  ...buildsSettings,
  ...logsSettings,
  ...archiverSettings,
  ...eventAuthSettings,
  'issuers',
  'keysConfigMap',
] as const;

export const wire: EventWire<typeof settingNames> = async (settings, { log, environment }) => {
  const logs = logsFromSettings(settings, await buildsFromSettings(settings, log));
  const authenticate = eventAuthenticateFromSettings(settings, 'sweep', logs.kube);
  const { issuers, keysConfigMap: configMap } = settings;
  const handle = createSweep({
    ...logs,
    archiver: archiverFromSettings(settings, environment),
    saveKeys: () => saveKeys({ kube: logs.kube, issuers, configMap, log, now: logs.now }),
  });
  return { handle, authenticate, close: logs.kube.close };
};
