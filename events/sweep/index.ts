import { eventAuthenticateFromSettings, eventAuthSettings } from '../../lib/auth/event-tokens.ts';
import { saveKeys } from '../../lib/auth/saved-keys.ts';
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
import { createSweep } from './handler.ts';

const wire: Parameters<typeof serve>[1] = async (log) => {
  const settings = readSettings([
    ...buildsSettings,
    ...logsSettings,
    ...archiverSettings,
    ...eventAuthSettings,
    'issuers',
    'keysConfigMap',
  ]);
  const logs = logsFromSettings(settings, await buildsFromSettings(settings, log));
  const authenticate = eventAuthenticateFromSettings(settings, 'sweep', logs.kube);
  const { issuers, keysConfigMap: configMap } = settings;
  const keep = () => saveKeys({ kube: logs.kube, issuers, configMap, log, now: logs.now });
  const handle = createSweep({ ...logs, archiver: archiverFromSettings(settings), keepKeys: keep });
  return { listener: createEventApp({ authenticate, handle, log }), close: logs.kube.close };
};

await serve('sweep', wire, maxEventBytes);
