import { authenticateFromSettings, authSettings } from '../../lib/auth/from-settings.ts';
import type { EndpointWire } from '../../lib/http/app.ts';
import { kubeFromSettings, kubeSettings } from '../../lib/kube/from-settings.ts';
import { ledgerFromSettings, ledgerSettings } from '../../lib/ledger/from-settings.ts';
import { registryFromSettings, registrySettings } from '../../lib/registry/from-settings.ts';
import { storageForQuota } from '../../lib/registry/storage.ts';
import { createQuota } from './handler.ts';

export const settingNames = [...authSettings, ...kubeSettings, ...ledgerSettings, ...registrySettings] as const;

export const wire: EndpointWire<typeof settingNames> = async (settings, { log }) => {
  const authenticate = authenticateFromSettings(settings, log);
  const storage = storageForQuota(registryFromSettings(settings), log);
  const kube = await kubeFromSettings(settings, log);
  const handlers = { quota: createQuota({ ledger: ledgerFromSettings(kube, settings), storage }) };
  return { handlers, authenticate, close: kube.close };
};
