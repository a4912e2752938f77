import { readFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { ledgerName, toolLabel } from '../../lib/ledger/names.ts';
import { siteFolder, testIssuer } from '../../scripts/test-site.ts';
import { kubectl } from '../e2e/pipeline/cluster.ts';
import { builds, openService, until } from '../e2e/service/service.ts';
import { groups, signer, type Target } from './target.ts';

const inBuilds = (words: string[], input?: string) => kubectl(['--namespace', builds, ...words], input);

/**
 * Starts a proxy from plain HTTP to the gateway's TLS, because the contract tests send bytes that no client library
 * would send.
 */
const openPlain = async (url: string): Promise<{ url: string; close: () => void }> => {
  const ca = await readFile(join(siteFolder, 'ca.crt'));
  const { hostname, port } = new URL(url);
  const open = new Set<Socket>();
  const server = createServer((near) => {
    open.add(near.once('close', () => open.delete(near)));
    const far = connect({ host: hostname, port: Number(port), ca, servername: hostname });
    near.on('error', () => far.destroy()).on('close', () => far.destroy());
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: own } = server.address() as { port: number };
  const close = () => {
    server.close();
    // Idle connections of clients would keep this test process running, so they are closed.
    for (const near of open) near.destroy();
  };
  return { url: `http://127.0.0.1:${own}`, close };
};

/**
 * Limits on a tool's running and queued builds. The contract tests expect the limits of the embedded platform, so a
 * tool on a cluster gets the same limits.
 */
const limits = { running: 4, queued: 10 };

const ledger = (tool: string) => ({
  apiVersion: 'builds.toolforge.org/v1alpha1',
  kind: 'BuildLedger',
  metadata: { name: ledgerName(tool), namespace: builds },
  spec: { tool, limits },
});

/**
 * Removes builds of a tool that an earlier run of the tests left on the cluster. PipelineRuns are removed before the
 * ledger, because the service removes their finalizers with the help of the ledger.
 */
const removeBuilds = async (tool: string): Promise<void> => {
  const runs = () => inBuilds(['get', 'pipelineruns', '-l', `user=${toolLabel(tool)}`, '-o', 'json']);
  const { items } = JSON.parse(await runs()) as { items: { metadata: { name: string } }[] };
  const release = JSON.stringify({ metadata: { finalizers: null } });
  for (const { metadata } of items) {
    await inBuilds(['delete', 'pipelinerun', metadata.name, '--wait=false', '--ignore-not-found']);
    await inBuilds(['patch', 'pipelinerun', metadata.name, '--type=merge', '-p', release]).catch(() => undefined);
  }
  await inBuilds(['delete', 'buildledger', ledgerName(tool), '--ignore-not-found']);
  await until(
    `the runs of ${tool} are gone`,
    async () => (JSON.parse(await runs()) as { items: object[] }).items.length === 0,
  );
};

/** Opens the service that `npm run deploy:test` deployed on a cluster, through its gateway. */
export const clusterTarget = async (): Promise<Target> => {
  const service = await openService();
  const plain = await openPlain(service.gateway.url);
  const token = await signer(testIssuer, join(siteFolder, 'issuer.json'));
  const cleared: string[] = [];
  return {
    url: plain.url,
    gatewayUrl: service.gateway.url,
    platform: undefined,
    kubeconfig: process.env.KUBECONFIG ?? '',
    namespace: builds,
    toolKubeconfig: service.gateway.kubeconfig,
    token,
    tokenFor: (tool) => token(groups(tool)),
    clear: async (tool) => {
      await removeBuilds(tool);
      cleared.push(tool);
      await inBuilds(['apply', '-f', '-'], JSON.stringify(ledger(tool)));
      const authorization = `Bearer ${await token(groups(tool))}`;
      const response = await fetch(`${plain.url}/v1/tool/${tool}/clean`, {
        method: 'POST',
        headers: { authorization },
      });
      if (!response.ok) throw new Error(`clean of ${tool} got ${response.status}: ${await response.text()}`);
    },
    withoutCredential: [403, 'forbidden'],
    repository: service.repository,
    git: async (name, ...words) =>
      (
        await service.namespace.kubectl(['exec', 'git', '--', 'git', '-C', `/repositories/${name}.git`, ...words])
      ).trim(),
    gitUrl: service.git.url,
    logged: [],
    close: async () => {
      try {
        for (const tool of cleared) await removeBuilds(tool);
      } finally {
        plain.close();
        await service.close();
      }
    },
  };
};
