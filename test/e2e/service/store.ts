import { join } from 'node:path';
import { readSettings } from '../../../lib/config/settings.ts';
import { storeFromSettings, storeSettings } from '../../../lib/store/from-settings.ts';
import type { ObjectStore } from '../../../lib/store/types.ts';
import { siteFolder } from '../../../scripts/test-site.ts';
import { settings } from '../site.js';

/**
 * Opens the object store in which the deployed service archives logs.
 * @throws ConfigError where `npm run images` has not run
 */
export const openStore = (): ObjectStore =>
  storeFromSettings(
    readSettings(storeSettings, {
      ...settings,
      LOG_STORE: 's3',
      S3_ACCESS_KEY_FILE: join(siteFolder, 'access-key'),
      S3_SECRET_KEY_FILE: join(siteFolder, 'secret-key'),
    }),
  );
