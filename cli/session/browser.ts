import { spawn } from 'node:child_process';

type Environment = Record<string, string | undefined>;

const OPENERS: Partial<Record<NodeJS.Platform, string>> = { darwin: 'open', linux: 'xdg-open', freebsd: 'xdg-open' };

/** The command that opens a page here: BROWSER, else the desktop's. Undefined on a server. */
export function browserCommand(env: Environment, platform: NodeJS.Platform): string | undefined {
  if (env.BROWSER) return env.BROWSER;
  const hasDesktop = platform === 'darwin' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
  return hasDesktop && !env.SSH_CONNECTION ? OPENERS[platform] : undefined;
}

/** Opens a page, and lets the browser be. Whether it came up only the person sees. */
export function openPage(command: string, url: string): void {
  const child = spawn(command, [url], { detached: true, stdio: 'ignore' });
  child.on('error', () => undefined);
  child.unref();
}
