import { configuredEventAuthenticate } from '../../lib/auth/events.ts';
import { buildsSettings, configuredBuilds } from '../../lib/builds/configured.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { createEventApp, maxEventBytes } from '../../lib/events/app.ts';
import { serve } from '../../lib/http/serve.ts';
import { createUpdateQuota } from './handler.ts';

const wire: Parameters<typeof serve>[1] = async (log) => {
  const settings = readSettings([...buildsSettings, 'eventIssuers']);
  const authenticate = configuredEventAuthenticate(settings.eventIssuers, 'update-quota');
  const context = await configuredBuilds(settings, log);
  return {
    listener: createEventApp({ authenticate, handle: createUpdateQuota(context), log }),
    close: context.kube.close,
  };
};

await serve('update-quota', wire, maxEventBytes);
