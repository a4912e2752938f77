import { eventAuthenticateFromSettings, eventAuthSettings } from '../../lib/auth/event-tokens.ts';
import { buildsFromSettings, buildsSettings } from '../../lib/builds/from-settings.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { createEventApp, maxEventBytes } from '../../lib/events/app.ts';
import { serve } from '../../lib/http/serve.ts';
import {
  archiverFromSettings,
  archiverSettings,
  logsFromSettings,
  logsSettings,
} from '../../lib/logs/from-settings.ts';
import { createArchiveLogs } from './handler.ts';

const wire: Parameters<typeof serve>[1] = async (log) => {
  const settings = readSettings([...buildsSettings, ...logsSettings, ...archiverSettings, ...eventAuthSettings]);
  const logs = logsFromSettings(settings, await buildsFromSettings(settings, log));
  const authenticate = eventAuthenticateFromSettings(settings, 'archive-logs', logs.kube);
  const handle = createArchiveLogs({ ...logs, archiver: archiverFromSettings(settings) });
  return { listener: createEventApp({ authenticate, handle, log }), close: logs.kube.close };
};

await serve('archive-logs', wire, maxEventBytes);
