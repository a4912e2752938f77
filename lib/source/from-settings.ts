import type { Settings } from '../config/settings.ts';
import { shareResolutions } from './share-resolutions.ts';
import { createSource, type Source } from './source.ts';

export const sourceSettings = ['sourceAllowHttp', 'sourceAllowedAddresses', 'sourceTimeoutMs'] as const;

/** Makes the source that resolves refs of git repositories. @throws ConfigError */
export const sourceFromSettings = (settings: Settings<(typeof sourceSettings)[number]>): Source =>
  shareResolutions(
    createSource({
      allowHttp: settings.sourceAllowHttp,
      allowedAddresses: settings.sourceAllowedAddresses,
      timeoutMs: settings.sourceTimeoutMs,
    }),
  );
