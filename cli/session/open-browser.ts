import { spawn } from 'node:child_process';
import type { Environment } from '../environment.ts';

/** Commands that open a web page in the desktop's browser, by operating system. */
const desktopCommands: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'open',
  linux: 'xdg-open',
  freebsd: 'xdg-open',
};

/**
 * Returns the command that opens a web page: the variable BROWSER, by default the desktop's command. Returns undefined
 * without a desktop and over SSH.
 */
export const browserCommand = (env: Environment, platform: NodeJS.Platform): string | undefined => {
  if (env.BROWSER) return env.BROWSER;
  const hasDesktop = platform === 'darwin' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
  return hasDesktop && !env.SSH_CONNECTION ? desktopCommands[platform] : undefined;
};

/**
 * Opens a URL in a browser, without waiting for the browser. A failure is ignored, because the user is also told the
 * URL.
 */
export const openBrowser = (command: string, url: string): void => {
  const child = spawn(command, [url], { detached: true, stdio: 'ignore' });
  child.on('error', () => undefined);
  child.unref();
};
