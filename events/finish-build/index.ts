import { configuredEventAuthenticate, eventAuthSettings } from '../../lib/auth/event-tokens.ts';
import { buildsSettings, configuredBuilds } from '../../lib/builds/from-settings.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { createEventApp, maxEventBytes } from '../../lib/events/app.ts';
import { serve } from '../../lib/http/serve.ts';
import { createUpdateQuota } from './handler.ts';

const wire: Parameters<typeof serve>[1] = async (log) => {
  const settings = readSettings([...buildsSettings, ...eventAuthSettings]);
  const context = await configuredBuilds(settings, log);
  const authenticate = configuredEventAuthenticate(settings, 'update-quota', context.kube);
  return {
    listener: createEventApp({ authenticate, handle: createUpdateQuota(context), log }),
    close: context.kube.close,
  };
};

await serve('update-quota', wire, maxEventBytes);
