import { configuredEventAuthenticate, eventAuthSettings } from '../../lib/auth/event-tokens.ts';
import { buildsSettings, configuredBuilds } from '../../lib/builds/from-settings.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { createEventApp, maxEventBytes } from '../../lib/events/app.ts';
import { serve } from '../../lib/http/serve.ts';
import { configuredFollower, configuredLogs, followerSettings, logsSettings } from '../../lib/logs/from-settings.ts';
import { createIndexLogs } from './handler.ts';

const wire: Parameters<typeof serve>[1] = async (log) => {
  const settings = readSettings([...buildsSettings, ...logsSettings, ...followerSettings, ...eventAuthSettings]);
  const logs = configuredLogs(settings, await configuredBuilds(settings, log));
  const authenticate = configuredEventAuthenticate(settings, 'index-logs', logs.kube);
  const handle = createIndexLogs({ ...logs, follower: configuredFollower(settings) });
  return { listener: createEventApp({ authenticate, handle, log }), close: logs.kube.close };
};

await serve('index-logs', wire, maxEventBytes);
