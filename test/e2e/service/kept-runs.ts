import { type Service, until } from './service.ts';
import { deployedSettings } from './settings.ts';

/** Returns what the deployed functions do with runs of builds-api. Default: ignore. @param settings of these functions */
export const buildsApiRuns = (settings: Record<string, string>): string => settings.BUILDS_API_RUNS ?? 'ignore';

/**
 * Waits until the service has released the run of a finished build. Such a run is deleted. Where an installation can move
 * back to builds-api, the run is kept without a finalizer.
 */
export const untilReleased = async (service: Service, id: string): Promise<void> => {
  const path = 'jsonpath={.metadata.name} {.metadata.finalizers}';
  const words = ['get', 'pipelinerun', id, '--ignore-not-found', '-o', path];
  const released = buildsApiRuns(await deployedSettings()) === 'ignore' ? '' : id;
  await until(`the run ${id} is released`, async () => (await service.kubectl(words)).trim() === released);
};
