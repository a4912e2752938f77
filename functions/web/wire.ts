import { ConfigError } from '../../lib/errors.ts';
import type { PageWire } from '../../lib/page/app.ts';
import { openPageFiles } from '../../lib/page/files.ts';

export const settingNames = ['webFolder', 'webUrl'] as const;

/** Path below which the page is served where no setting says another. */
const usualRoot = '/builds/ui/';

export const wire: PageWire<typeof settingNames> = async ({ webFolder, webUrl }) => {
  const root = webUrl === undefined ? usualRoot : new URL(webUrl).pathname.replace(/\/?$/, '/');
  const files = await openPageFiles(webFolder, root).catch((error: Error) => {
    throw new ConfigError('WEB_FOLDER', `the folder of a built page: ${error.message}`);
  });
  return { files, root };
};
