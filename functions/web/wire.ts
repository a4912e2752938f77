import { ConfigError } from '../../lib/errors.ts';
import type { PageWire } from '../../lib/page/app.ts';
import { openPageFiles } from '../../lib/page/files.ts';
import { sessionSettings, sessionsFromSettings } from '../../lib/page/from-settings.ts';

export const settingNames = ['webFolder', ...sessionSettings] as const;

/** Path below which the page is served where no setting says another. */
const usualRoot = '/builds/ui/';

export const wire: PageWire<typeof settingNames> = async (settings, { log }) => {
  const page = settings.webUrl === undefined ? undefined : new URL(`${settings.webUrl}/`);
  const root = page?.pathname ?? usualRoot;
  const files = await openPageFiles(settings.webFolder, root).catch((error: Error) => {
    throw new ConfigError('WEB_FOLDER', `the folder of a built page: ${error.message}`);
  });
  return { files, root, sessions: sessionsFromSettings(settings, page, log) };
};
