import { eventAuthenticateFromSettings, eventAuthSettings } from '../../lib/auth/event-tokens.ts';
import { buildsFromSettings, buildsSettings } from '../../lib/builds/from-settings.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { createEventApp, maxEventBytes } from '../../lib/events/app.ts';
import { serve } from '../../lib/http/serve.ts';
import { createFinishBuild } from './handler.ts';

const wire: Parameters<typeof serve>[1] = async (log) => {
  const settings = readSettings([...buildsSettings, ...eventAuthSettings]);
  const context = await buildsFromSettings(settings, log);
  const authenticate = eventAuthenticateFromSettings(settings, 'finish-build', context.kube);
  return {
    listener: createEventApp({ authenticate, handle: createFinishBuild(context), log }),
    close: context.kube.close,
  };
};

await serve('finish-build', wire, maxEventBytes);
