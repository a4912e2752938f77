import { join } from 'node:path';
import { openIssuer, toolToken } from '../../local/issuer.ts';
import { siteFolder, testIssuer } from '../../scripts/test-site.ts';
import { kubectl, waitTimeout } from './pipeline/cluster.ts';
import { gatewayNamespace, openGateway } from './service/gateway.ts';
import { builds, until } from './service/service.ts';

type Objects = { items: { metadata: { generation: number }; status?: { observedGeneration?: number } }[] };

const inBuilds = (...words: string[]) => kubectl(['--namespace', builds, ...words]);
const parts = ['ksvc', 'brokers', 'triggers', 'pingsources'];

const isObserved = async (): Promise<boolean> => {
  const { items } = JSON.parse(await inBuilds('get', parts.join(','), '-o', 'json')) as Objects;
  return items.every(({ metadata, status }) => status?.observedGeneration === metadata.generation);
};

/**
 * Tells whether the service accepts a tool's certificate and token. Both can fail at first, because the gateway and the
 * functions load changed Secrets with a delay.
 */
const isToolAccepted = async (): Promise<boolean> => {
  const path = '/builds/v1/tool/e2e-ready/quotas';
  const authorization = `Bearer ${await toolToken(await openIssuer(join(siteFolder, 'issuer.json'), testIssuer), 'e2e-ready')}`;
  const gateway = await openGateway();
  try {
    const byCertificate = await (await gateway.client('e2e-ready')).call('GET', path);
    const byToken = await (await gateway.client(undefined)).call('GET', path, { headers: { authorization } });
    return byCertificate.status === 200 && byToken.status === 200;
  } catch {
    return false;
  } finally {
    await gateway.close();
  }
};

/** Waits until the last deployment runs and accepts requests. @throws Error after 300 s without progress */
export const waitUntilReady = async (): Promise<void> => {
  await until('all controllers observed the applied objects', isObserved);
  for (const kind of parts) await inBuilds('wait', kind, '--all', '--for=condition=Ready', waitTimeout);
  await inBuilds('rollout', 'status', 'deployment/issuer', waitTimeout);
  await kubectl(['--namespace', gatewayNamespace, 'rollout', 'status', 'deployment/gateway', waitTimeout]);
  await until('a tool is accepted', isToolAccepted);
};
