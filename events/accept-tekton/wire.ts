import type { EventWire } from '../../lib/events/app.ts';
import { brokerSettings, sendFromSettings } from '../../lib/events/send-event.ts';
import { kubeFromSettings, kubeSettings } from '../../lib/kube/from-settings.ts';
import { createAcceptTekton } from './handler.ts';

export const settingNames = [...kubeSettings, ...brokerSettings, 'buildsApiRuns'] as const;

export const wire: EventWire<typeof settingNames> = async (settings, { log }) => {
  const kube = await kubeFromSettings(settings, log);
  const adoptsRuns = settings.buildsApiRuns === 'adopt';
  const handle = createAcceptTekton({ kube, adoptsRuns, send: sendFromSettings(settings) });
  // Tekton sends events without a credential, so accept-tekton has nothing to authenticate. The function takes only an
  // object's name from an event, and reads the object from the API server.
  return { handle, authenticate: async () => {}, close: kube.close };
};
