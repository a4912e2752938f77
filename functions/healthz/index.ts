import { createAuthenticate } from '../../lib/auth/authenticate.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { createApp } from '../../lib/http/app.ts';
import { serve } from '../../lib/http/serve.ts';
import { kubeFromSettings, kubeSettings } from '../../lib/kube/from-settings.ts';
import { createHealthz } from './handler.ts';

await serve('healthz', async (log) => {
  const kube = await kubeFromSettings(readSettings(kubeSettings));
  const handlers = { healthz: createHealthz(kube) };
  return { listener: createApp({ handlers, authenticate: createAuthenticate([]), log }), close: kube.close };
});
