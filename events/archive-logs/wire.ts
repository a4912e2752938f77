import { eventAuthenticateFromSettings, eventAuthSettings } from '../../lib/auth/event-tokens.ts';
import { archiverFromSettings, archiverSettings } from '../../lib/builds/archiver-from-settings.ts';
import { requestingBuildsFromSettings, requestingBuildsSettings } from '../../lib/builds/from-settings.ts';
import type { EventWire } from '../../lib/events/app.ts';
import { logsFromSettings, logsSettings } from '../../lib/logs/from-settings.ts';
import { createArchiveLogs } from './handler.ts';

export const settingNames = [
  ...requestingBuildsSettings,
  ...logsSettings,
  ...archiverSettings,
  ...eventAuthSettings,
] as const;

export const wire: EventWire<typeof settingNames> = async (settings, { log, environment }) => {
  const logs = logsFromSettings(settings, await requestingBuildsFromSettings(settings, log));
  const authenticate = eventAuthenticateFromSettings(settings, 'archive-logs', logs.kube);
  const handle = createArchiveLogs({ ...logs, archiver: archiverFromSettings(settings, environment) });
  return { handle, authenticate, close: logs.kube.close };
};
