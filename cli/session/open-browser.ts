import { spawn } from 'node:child_process';
import type { Environment } from '../environment.ts';

/** Commands that open a page in the desktop's browser. */
const desktopCommands: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'open',
  linux: 'xdg-open',
  freebsd: 'xdg-open',
};

/**
 * Returns the command that opens a page: BROWSER, by default the desktop's; undefined without a desktop and over SSH.
 */
export const browserCommand = (env: Environment, platform: NodeJS.Platform): string | undefined => {
  if (env.BROWSER) return env.BROWSER;
  const hasDesktop = platform === 'darwin' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
  return hasDesktop && !env.SSH_CONNECTION ? desktopCommands[platform] : undefined;
};

/** Starts the browser and does not wait for it. A failure is ignored, because the user is also told the URL. */
export const openBrowser = (command: string, url: string): void => {
  const child = spawn(command, [url], { detached: true, stdio: 'ignore' });
  child.on('error', () => undefined);
  child.unref();
};
