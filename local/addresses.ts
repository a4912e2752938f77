import { readFile } from 'node:fs/promises';
import { paths } from './folder.ts';

/**
 * Returns the addresses of the embedded platform that last ran on a data folder.
 * @throws Error when no platform has run on the folder
 */
export const lastAddresses = async (folder: string): Promise<{ url: string; gatewayUrl: string }> =>
  JSON.parse(
    await readFile(paths(folder).addresses, 'utf8').catch(() => {
      throw new Error(
        `No platform has run on ${folder} yet. Run \`npm start\` first, or set TOOLFORGE_BUILDS_DATA to the folder of another platform.`,
      );
    }),
  );
