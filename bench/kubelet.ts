import { kubectl } from '../test/e2e/pipeline/cluster.ts';
import { builds } from '../test/e2e/service/service.ts';

type Container = { name: string; memory?: { workingSetBytes?: number } };
type Stats = { pods: { podRef: { name: string; namespace: string }; containers?: Container[] }[] };

const readNode = async (): Promise<string> =>
  (await kubectl(['get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}'])).trim();

let node: Promise<string> | undefined;

/**
 * Returns the working set of a function's largest pod in bytes. The kubelet of the cluster's only node updates this
 * number every ten seconds.
 */
export const workingSet = async (functionName: string): Promise<number> => {
  // The name of the node is read once, because the memory is read every two seconds.
  node ??= readNode();
  const summary = await kubectl(['get', '--raw', `/api/v1/nodes/${await node}/proxy/stats/summary`]);
  const { pods } = JSON.parse(summary) as Stats;
  const own = pods.filter(({ podRef }) => podRef.namespace === builds && podRef.name.startsWith(`${functionName}-0`));
  const containers = own.flatMap((pod) => pod.containers ?? []).filter(({ name }) => name === 'function');
  return Math.max(0, ...containers.map(({ memory }) => memory?.workingSetBytes ?? 0));
};
