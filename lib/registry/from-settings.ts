import type { Settings } from '../config/settings.ts';
import { createRegistry, type Registry } from './registry.ts';

/** Names of the settings that give the registry's host in names of images. */
export const imageHostSettings = ['registryUrl', 'registryHost'] as const;

/** Returns the registry's host in names of images, with its port where the port is not the usual one. */
export const imageHost = ({ registryUrl, registryHost }: Settings<(typeof imageHostSettings)[number]>): string =>
  registryHost ?? new URL(registryUrl).host;

export const registrySettings = [
  'registryKind',
  'registryUrl',
  'registryLimitBytes',
  'registryUser',
  'registryPassword',
] as const;

/** Makes the registry that holds the images of all tools. @throws ConfigError */
export const registryFromSettings = (settings: Settings<(typeof registrySettings)[number]>): Registry =>
  createRegistry({
    kind: settings.registryKind,
    url: settings.registryUrl,
    ...(settings.registryLimitBytes === undefined ? {} : { limitBytes: settings.registryLimitBytes }),
    ...(settings.registryUser ? { username: settings.registryUser } : {}),
    ...(settings.registryPassword ? { password: settings.registryPassword } : {}),
  });
