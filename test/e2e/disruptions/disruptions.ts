import type { BuildLedger } from '../../../lib/ledger/types.ts';
import type { Service, Tool } from '../service/service.ts';

/** Returns the stored ledger of a tool, read from the API server and not through a function. */
export const readLedger = async (service: Service, tool: Tool): Promise<NonNullable<BuildLedger['status']>> =>
  (JSON.parse(await service.kubectl(['get', 'buildledger', tool.name, '-o', 'json'])) as BuildLedger).status ?? {};

/** Tells whether the ledger lists a build as finished, with a complete log in the archive. */
export const isFinished = async (service: Service, tool: Tool, id: string): Promise<boolean> =>
  (await readLedger(service, tool)).finished?.some((build) => build.id === id && build.log === 'complete') ?? false;

/** Sets the schedule on which sweep runs, in cron's format. Default: every ten minutes, as deployed. */
export const scheduleSweep = (service: Service, schedule = '*/10 * * * *'): Promise<string> =>
  service.kubectl(['patch', 'pingsource', 'sweep', '--type=merge', '-p', JSON.stringify({ spec: { schedule } })]);

/** Cron schedule: every ten seconds. */
const often = '*/10 * * * * *';
/** Cron schedule: once a year, on 1 January, so that sweep does not run during a test. */
export const never = '0 0 1 1 *';

const withSchedule = async <T>(service: Service, schedule: string, work: () => Promise<T>): Promise<T> => {
  await scheduleSweep(service, schedule);
  try {
    return await work();
  } finally {
    await scheduleSweep(service);
  }
};

/** Runs `work` while sweep runs every ten seconds instead of every ten minutes. */
export const withSweep = <T>(service: Service, work: () => Promise<T>): Promise<T> =>
  withSchedule(service, often, work);

/** Runs `work` while the schedule of sweep is off. */
export const withoutSweep = <T>(service: Service, work: () => Promise<T>): Promise<T> =>
  withSchedule(service, never, work);
