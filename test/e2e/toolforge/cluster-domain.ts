import { kubectl } from '../pipeline/cluster.ts';

type NodeList = { items: { metadata: { name: string } }[] };
type Configuration = { kubeletconfig: { clusterDomain: string } };

/**
 * Returns the DNS domain of the cluster, such as cluster.local: TEST_CLUSTER_DOMAIN, else the domain that the kubelet of
 * a node writes into the pods' resolv.conf.
 */
export const clusterDomain = async (): Promise<string> => {
  if (process.env.TEST_CLUSTER_DOMAIN) return process.env.TEST_CLUSTER_DOMAIN;
  const { items } = JSON.parse(await kubectl(['get', 'nodes', '-o', 'json'])) as NodeList;
  const path = `/api/v1/nodes/${items[0]?.metadata.name}/proxy/configz`;
  const { kubeletconfig } = JSON.parse(await kubectl(['get', '--raw', path])) as Configuration;
  return kubeletconfig.clusterDomain;
};
