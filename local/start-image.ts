import { type RunningImage, type RunOptions, runImage } from '../embedded/image/run.ts';
import { stepEnvironment } from '../embedded/lifecycle/environment.ts';
import type { Log } from '../lib/log.ts';
import { relayOfMachine } from './proxy-relay.ts';

/**
 * Starts an image as {@link runImage} does, with the same variables of this machine as the steps of a build: its
 * certificate authorities, and a relay to its proxies. Security: the process runs the code of a repository, so it does not
 * get the password of a proxy.
 * @param machine environment variables of this machine
 * @throws ProxySettingError when a variable is not the URL of a proxy, and the errors of {@link runImage}
 */
export const startImage = async (
  options: Omit<RunOptions, 'machine'>,
  machine: NodeJS.ProcessEnv,
  log: Log,
): Promise<RunningImage> => {
  const relay = await relayOfMachine(machine, log);
  try {
    const running = await runImage({ ...options, machine: stepEnvironment(machine, relay?.url) });
    const stop = async (): Promise<void> => {
      await running.stop();
      await relay?.close();
    };
    return { ...running, stop };
  } catch (error) {
    await relay?.close();
    throw error;
  }
};
