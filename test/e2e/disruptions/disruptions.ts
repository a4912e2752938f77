import type { BuildLedger } from '../../../lib/ledger/types.ts';
import type { Service, Tool } from '../service/service.ts';

/** The ledger of a tool as it is stored, read from the API server rather than as the functions show it. */
export const readLedger = async (service: Service, tool: Tool): Promise<NonNullable<BuildLedger['status']>> =>
  (JSON.parse(await service.kubectl(['get', 'buildledger', tool.name, '-o', 'json'])) as BuildLedger).status ?? {};

/** Whether the ledger has the build's end, and its log is whole in the archive. */
export const isFinished = async (service: Service, tool: Tool, id: string): Promise<boolean> =>
  (await readLedger(service, tool)).finished?.some((entry) => entry.id === id && entry.log === 'complete') ?? false;

/** When sweep comes, as cron has it; every ten minutes as it is deployed. */
export const scheduleSweep = (service: Service, schedule = '*/10 * * * *'): Promise<string> =>
  service.kubectl(['patch', 'pingsource', 'sweep', '--type=merge', '-p', JSON.stringify({ spec: { schedule } })]);

const often = '*/10 * * * * *';
/** At New Year. */
export const never = '0 0 1 1 *';

const withSchedule = async <T>(service: Service, schedule: string, work: () => Promise<T>): Promise<T> => {
  await scheduleSweep(service, schedule);
  try {
    return await work();
  } finally {
    await scheduleSweep(service);
  }
};

/** What is done while sweep comes every ten seconds instead of every ten minutes. */
export const withSweep = <T>(service: Service, work: () => Promise<T>): Promise<T> =>
  withSchedule(service, often, work);

/** What is done while sweep does not come by itself. */
export const withoutSweep = <T>(service: Service, work: () => Promise<T>): Promise<T> =>
  withSchedule(service, never, work);
