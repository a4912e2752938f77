import type { Settings } from '../config/settings.ts';
import { createRegistry, type Registry } from './registry.ts';

export const registrySettings = [
  'registryKind',
  'registryUrl',
  'registryHost',
  'registryLimitBytes',
  'registryUser',
  'registryPassword',
] as const;

/** Makes the registry that holds the images of all tools. @throws ConfigError */
export const registryFromSettings = (settings: Settings<(typeof registrySettings)[number]>): Registry =>
  createRegistry({
    kind: settings.registryKind,
    url: settings.registryUrl,
    ...(settings.registryHost ? { host: settings.registryHost } : {}),
    ...(settings.registryLimitBytes === undefined ? {} : { limitBytes: settings.registryLimitBytes }),
    ...(settings.registryUser ? { username: settings.registryUser } : {}),
    ...(settings.registryPassword ? { password: settings.registryPassword } : {}),
  });
