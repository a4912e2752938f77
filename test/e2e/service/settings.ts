import { kubectl } from '../pipeline/cluster.ts';
import { builds } from './service.ts';

/** The policies that compare objects with the settings. Both have the same settings. */
const policies = ['runs', 'archivers'].map((name) => `validatingadmissionpolicy/${builds}-${name}`);

/** Returns the settings of the deployed functions, from a literal of CEL in a policy, which is JSON too. */
export const deployedSettings = async (): Promise<Record<string, string>> =>
  JSON.parse(await kubectl(['get', policies[0] ?? '', '-o', 'jsonpath={.spec.variables[0].expression}']));

/**
 * Changes the settings that the admission policies compare objects with.
 * @param changed null for a setting that is not set
 * @returns the former values of these settings
 */
export const setPolicySettings = async (
  changed: Record<string, string | null>,
): Promise<Record<string, string | null>> => {
  const former = await deployedSettings();
  const entries = Object.entries({ ...former, ...changed }).filter(([, value]) => value !== null);
  const value = JSON.stringify(Object.fromEntries(entries));
  const patch = JSON.stringify([{ op: 'replace', path: '/spec/variables/0/expression', value }]);
  for (const policy of policies) await kubectl(['patch', policy, '--type=json', '-p', patch]);
  return Object.fromEntries(Object.keys(changed).map((name) => [name, former[name] ?? null]));
};
