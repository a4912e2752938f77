import { exitCodes, PhaseError } from './phase.ts';

/** A process of the application. @see Buildpack specification 0.11, launch.toml */
export type Process = {
  type: string;
  /** The program of an application's process and its fixed arguments. */
  command: string[];
  /** Default arguments of an application's process, which the caller may replace. */
  args?: string[];
  default?: boolean;
  'working-dir'?: string;
  'buildpack-id'?: string;
};
export type Label = { key: string; value: string };

/**
 * The file layers/config/metadata.toml, which the step build writes. The step export reads the file and puts it into
 * the image.
 */
export type Metadata = {
  'buildpack-default-process-type': string;
  buildpacks: { id: string; version: string; api?: string }[];
  processes: Process[];
  labels: Label[];
};

const checkProcess = ({ type, command }: Process, buildpack: string): void => {
  const words = Array.isArray(command) && command.length > 0 && command.every((word) => typeof word === 'string');
  if (/^[A-Za-z0-9._-]+$/.test(type) && words) return;
  throw new PhaseError(exitCodes.buildpackFailed, `${buildpack} wrote an invalid process: "${type}".`);
};

/**
 * Merges the processes that buildpacks name: a later buildpack's process replaces an earlier process of the same type.
 * @throws PhaseError 51 for an invalid process
 */
export const mergeProcesses = (earlier: Process[], later: Process[], buildpack: string): Process[] => {
  for (const process of later) checkProcess(process, buildpack);
  const kept = earlier.filter(({ type }) => !later.some((process) => process.type === type));
  return [...kept, ...later.map((process) => ({ ...process, 'buildpack-id': buildpack }))];
};
