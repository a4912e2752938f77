import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { createSecureContext } from 'node:tls';
import '../test/e2e/site.js';
import { readSettings } from '../lib/config/settings.ts';
import { kubeFromSettings, kubeSettings } from '../lib/kube/from-settings.ts';
import { plainConnection } from '../lib/kube/kubeconfig.ts';
import { securityContext } from '../lib/logs/archive/archiver-job.ts';
import { podTemplate } from '../lib/tekton/run.ts';
import { never, scheduleSweep } from '../test/e2e/disruptions/disruptions.ts';
import { waitTimeout } from '../test/e2e/pipeline/cluster.ts';
import { gatewayAddress } from '../test/e2e/service/gateway.ts';
import { builds, openService, type Service } from '../test/e2e/service/service.ts';
import { openStore } from '../test/e2e/service/store.ts';
import { workingSet } from './kubelet.ts';
import { answerTo, archivePod, buildLines, cloneLines, entryOf, isWhole, type LogTarget, timed } from './log-target.ts';

const printing = (count: number, then: string): string => `
  process.on('SIGTERM', () => process.exit(0));
  let at = 0;
  const more = () => {
    while (at < ${count}) {
      let part = '';
      for (const end = at + 1000; at < end; at += 1) part += String(at).padStart(8, '0') + ' ' + 'x'.repeat(90) + '\\n';
      if (!process.stdout.write(part)) return process.stdout.once('drain', more);
    }
    ${then}
  };
  more();`;

/** A pod as Tekton makes it for a build, as far as a reader of logs can tell. */
const podOf = (id: string, image: string) => {
  const container = (step: string, program: string) => ({
    name: `step-${step}`,
    image,
    args: ['-e', program],
    securityContext,
  });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${id}-pod`, labels: { 'tekton.dev/pipelineRun': id } },
    spec: {
      ...podTemplate,
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      containers: [
        container('clone', printing(cloneLines, '')),
        container('build', printing(buildLines, 'setInterval(() => {}, 1000);')),
      ],
    },
  };
};

const printed = async (words: string[]) => {
  const child = spawn('kubectl', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const { stdout } = child;
  return {
    destroy: () => void child.kill(),
    [Symbol.asyncIterator]: (): AsyncIterator<Buffer> => stdout[Symbol.asyncIterator](),
  };
};

const rawLog = (pod: string, step: string, follow: boolean) =>
  printed(['logs', '--namespace', builds, pod, '-c', `step-${step}`, '--timestamps', ...(follow ? ['-f'] : [])]);

/** For kubectl, which then is the client of both; straight to the gateway, not through the tunnel of the tests. */
const directKubeconfig = async ({ gateway }: Service, tool: string): Promise<string> => {
  const file = await gateway.kubeconfig(tool);
  const { host, port } = await gatewayAddress();
  const config = await readFile(file, 'utf8');
  const server = `$1server: https://${host}:${port}\n$1tls-server-name: localhost`;
  await writeFile(file, config.replace(/^( *)server: .*$/m, server));
  return file;
};

/** Each request with a connection of its own, as clients have. */
const gatewayOf = async (config: string) => {
  const connection = await plainConnection(config);
  if (!connection) throw new Error('the kubeconfig of the tests has more to it than certificates');
  const { hostname: host, port } = connection.server;
  return { host, port, agent: false, servername: 'localhost', secureContext: createSecureContext(connection.tls) };
};

const ended = async (service: Service, id: string, step: string): Promise<void> => {
  const code = `{.status.containerStatuses[?(@.name=="step-${step}")].state.terminated.exitCode}`;
  await service.kubectl(['wait', `pod/${id}-pod`, `--for=jsonpath=${code}=0`, waitTimeout]);
};

const startPod = async (service: Service, id: string): Promise<void> => {
  const words = ['get', 'ksvc', 'get-logs', '-o', 'jsonpath={.spec.template.spec.containers[0].image}'];
  const pod = JSON.stringify(podOf(id, await service.kubectl(words)));
  for (;;) {
    await service.kubectl(['apply', '-f', '-'], pod);
    await ended(service, id, 'clone');
    if (isWhole(await timed(() => rawLog(`${id}-pod`, 'clone', false)))) return;
    // The kubelet rotates what grows, and then has the last file only; what has ended in time is left as it is.
    await service.kubectl(['delete', 'pod', `${id}-pod`]);
  }
};

/** What is deployed on the cluster that KUBECONFIG names; a pod and a ledger of their own take the place of a build. */
export const openCluster = async (): Promise<LogTarget> => {
  const service = await openService();
  const { name: tool, path } = await service.tool();
  const id = `${tool}-bench`;
  const config = await directKubeconfig(service, tool);
  const gateway = await gatewayOf(config);
  const store = openStore();
  const environment = { ...process.env, BUILDS_NAMESPACE: builds };
  const kube = await kubeFromSettings(readSettings(kubeSettings, environment));
  const ledger = { apiVersion: 'builds.toolforge.org/v1alpha1', kind: 'BuildLedger', metadata: { name: tool } };
  // Sweep would start the run that this ledger's build lacks.
  await scheduleSweep(service, never);
  await service.kubectl(['apply', '-f', '-'], JSON.stringify({ ...ledger, spec: { tool } }));
  await startPod(service, id);
  return {
    tool,
    id,
    store,
    setEntry: async (more) => {
      const entry = entryOf(more.id, more);
      const status = entry.finishedAt ? { running: [], finished: [entry] } : { running: [entry], finished: [] };
      const words = ['patch', 'buildledger', tool, '--subresource=status', '--type=merge', '-p'];
      await service.kubectl([...words, JSON.stringify({ status: { queued: [], keys: [], ...status } })]);
    },
    endPod: async () => {
      const end = ['--', 'node', '-e', 'process.kill(1, "SIGTERM")'];
      // It is killed with the container that it ends.
      await service.kubectl(['exec', `${id}-pod`, '-c', 'step-build', ...end]).catch(() => undefined);
      await ended(service, id, 'build');
    },
    raw: (step, follow) => rawLog(`${id}-pod`, step, follow),
    open: (build, query, headers = {}) =>
      answerTo(get({ ...gateway, path: path(`/builds/${build}/logs?${query}`), headers })),
    fetch: (build, query, compressed) => {
      const words = ['--kubeconfig', config, 'get', '--raw', path(`/builds/${build}/logs?${query}`)];
      return printed(compressed ? words : ['--disable-compression', ...words]);
    },
    archive: () => archivePod({ kube, store, tool, id }),
    memory: () => workingSet('get-logs'),
    close: async () => {
      kube.close();
      await scheduleSweep(service);
      await service.kubectl(['delete', 'pod', `${id}-pod`, '--ignore-not-found']);
      await service.close();
    },
  };
};
