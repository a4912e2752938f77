import type { Settings } from '../config/settings.ts';
import { shareResolutions } from './share-resolutions.ts';
import { createSource, type Source } from './source.ts';

export const sourceSettings = [
  'sourceAllowHttp',
  'sourceAllowedAddresses',
  'sourceNoProxy',
  'sourceProxy',
  'sourceTimeoutMs',
] as const;

/** Makes the source that resolves refs of git repositories. @throws ConfigError */
export const sourceFromSettings = (settings: Settings<(typeof sourceSettings)[number]>): Source =>
  shareResolutions(
    createSource({
      allowHttp: settings.sourceAllowHttp,
      allowedAddresses: settings.sourceAllowedAddresses,
      proxy: settings.sourceProxy,
      noProxy: settings.sourceNoProxy,
      timeoutMs: settings.sourceTimeoutMs,
    }),
  );
