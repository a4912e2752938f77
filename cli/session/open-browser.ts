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
 * Opens a page in a browser, without waiting for the browser. A failure is ignored, because the user is also told the
 * URL. Security: the URL is one argument of the command, and no shell reads it. It begins with its scheme, so no command
 * takes it for an option.
 * @param url a URL that `safeUrl` returned
 */
export const openBrowser = (command: string, url: string): void => {
  try {
    const child = spawn(command, [url], { detached: true, stdio: 'ignore' });
    child.on('error', () => undefined);
    child.unref();
  } catch {
    // For example E2BIG. The user opens the page by hand.
  }
};
