import { readSettings } from '../../lib/config/settings.ts';
import { createEventApp, maxEventBytes } from '../../lib/events/app.ts';
import { brokerSettings, sendFromSettings } from '../../lib/events/from-settings.ts';
import { serve } from '../../lib/http/serve.ts';
import { kubeFromSettings, kubeSettings } from '../../lib/kube/from-settings.ts';
import { createAcceptTekton } from './handler.ts';

const wire: Parameters<typeof serve>[1] = async (log) => {
  const settings = readSettings([...kubeSettings, ...brokerSettings]);
  const kube = await kubeFromSettings(settings);
  const handle = createAcceptTekton({ kube, send: sendFromSettings(settings) });
  // Tekton sends no proof of who it is. What it sends is only a hint to look.
  return { listener: createEventApp({ authenticate: async () => {}, handle, log }), close: kube.close };
};

await serve('accept-tekton', wire, maxEventBytes);
