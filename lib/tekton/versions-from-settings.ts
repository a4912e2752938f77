import type { SettingName, Settings } from '../config/settings.ts';
import { settings as table } from '../config/settings.ts';
import { ConfigError } from '../errors.ts';
import type { Versions } from './versions.ts';

const latestSettings = ['latestBuilder', 'latestRunner'] as const;
const deprecatedSettings = ['deprecatedBuilder', 'deprecatedRunner', 'deprecatedValidUntil'] as const;

/** Names of the settings of the images of builds. */
export const versionSettings = ['builder', 'runner', ...latestSettings, ...deprecatedSettings] as const;

/**
 * Returns the values of settings that are useful only together. Undefined where none of them is set.
 * @throws ConfigError for the first that is missing where another one is set
 */
const together = <N extends SettingName>(
  settings: Settings<N>,
  names: readonly N[],
): { [K in N]: string } | undefined => {
  const present = names.find((name) => settings[name] !== undefined);
  const missing = names.find((name) => settings[name] === undefined);
  if (present === undefined) return undefined;
  if (missing !== undefined) throw new ConfigError(table[missing].name, `set, because ${table[present].name} is set`);
  return settings as { [K in N]: string };
};

/**
 * Makes the versions among which a request chooses.
 * @throws ConfigError for an image or a date that is missing where the other settings of its versions are set
 */
export const versionsFromSettings = (settings: Settings<(typeof versionSettings)[number]>): Versions => {
  const latest = together(settings, latestSettings);
  const deprecated = together(settings, deprecatedSettings);
  return {
    default: { builder: settings.builder, runner: settings.runner },
    ...(latest ? { latest: { builder: latest.latestBuilder, runner: latest.latestRunner } } : {}),
    ...(deprecated
      ? {
          deprecated: {
            builder: deprecated.deprecatedBuilder,
            runner: deprecated.deprecatedRunner,
            validUntil: deprecated.deprecatedValidUntil,
          },
        }
      : {}),
  };
};
