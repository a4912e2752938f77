import { createAuthenticate } from '../../lib/auth/authenticate.ts';
import type { EndpointWire } from '../../lib/http/app.ts';
import { kubeFromSettings, kubeSettings } from '../../lib/kube/from-settings.ts';
import { createHealthz } from './handler.ts';

export const settingNames = kubeSettings;

export const wire: EndpointWire<typeof settingNames> = async (settings, { log }) => {
  const kube = await kubeFromSettings(settings, log);
  return {
    handlers: { healthcheck: createHealthz({ kube, log }) },
    authenticate: createAuthenticate([]),
    close: kube.close,
  };
};
