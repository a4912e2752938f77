import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { createSecureContext } from 'node:tls';
import '../test/e2e/site.js';
import { readSettings } from '../lib/config/settings.ts';
import { kubeFromSettings, kubeSettings } from '../lib/kube/from-settings.ts';
import { plainConnection } from '../lib/kube/kubeconfig.ts';
import { toolLabel } from '../lib/ledger/names.ts';
import { securityContext } from '../lib/logs/archive/archiver-job.ts';
import { podTemplate, toolAnnotation } from '../lib/tekton/run.ts';
import { never, scheduleSweep } from '../test/e2e/disruptions/disruptions.ts';
import { waitTimeout } from '../test/e2e/pipeline/cluster.ts';
import { gatewayAddress } from '../test/e2e/service/gateway.ts';
import { builds, openService, type Service } from '../test/e2e/service/service.ts';
import { openStore } from '../test/e2e/service/store.ts';
import { workingSet } from './kubelet.ts';
import {
  archivePod,
  buildLines,
  buildRecord,
  cloneLines,
  isWhole,
  type LogTarget,
  marksFor,
  podMetadata,
  responseTo,
  stepEnv,
  timeRead,
} from './log-target.ts';

/** Returns a Node program that prints `count` lines of 100 bytes between marks, and then runs the statement `then`. */
const printProgram = (count: number, then: string): string => `
  process.on('SIGTERM', () => process.exit(0));
  const [first, last] = ${JSON.stringify(marksFor(count))};
  console.log(first);
  let at = 0;
  const more = () => {
    while (at < ${count}) {
      let lines = '';
      for (const end = at + 1000; at < end; at += 1) lines += String(at).padStart(8, '0') + ' ' + 'x'.repeat(90) + '\\n';
      if (!process.stdout.write(lines)) return process.stdout.once('drain', more);
    }
    console.log(last);
    ${then}
  };
  more();`;

/** Returns a pod with the names and labels of a pod that Tekton makes for a build, so that get-logs reads its log. */
const podOf = (tool: string, id: string, image: string) => {
  const container = (step: string, program: string) => ({
    name: `step-${step}`,
    image,
    args: ['-e', program],
    env: stepEnv,
    securityContext,
  });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: podMetadata(tool, id),
    spec: {
      ...podTemplate,
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      containers: [
        container('clone', printProgram(cloneLines, '')),
        container('build', printProgram(buildLines, 'setInterval(() => {}, 1000);')),
      ],
    },
  };
};

/**
 * Returns a PipelineRun that Tekton never starts. Without a run, the service would start one for the build that this
 * benchmark writes into the ledger.
 */
const pendingRun = (id: string, tool: string) => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { name: id, labels: { user: toolLabel(tool) }, annotations: { [toolAnnotation]: tool } },
  spec: { pipelineRef: { name: 'toolforge-builds' }, status: 'PipelineRunPending' },
});

const spawnKubectl = async (words: string[]) => {
  const child = spawn('kubectl', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const { stdout } = child;
  return {
    destroy: () => void child.kill(),
    [Symbol.asyncIterator]: (): AsyncIterator<Buffer> => stdout[Symbol.asyncIterator](),
  };
};

const rawLog = (pod: string, step: string, follow: boolean) =>
  spawnKubectl(['logs', '--namespace', builds, pod, '-c', `step-${step}`, '--timestamps', ...(follow ? ['-f'] : [])]);

/**
 * Writes a kubeconfig with which kubectl reads a log through the gateway. So kubectl is the client of get-logs and of
 * the API server. The address is the gateway's own, not the tunnel of the tests.
 */
const directKubeconfig = async ({ gateway }: Service, tool: string): Promise<string> => {
  const file = await gateway.kubeconfig(tool);
  const { host, port } = await gatewayAddress();
  const config = await readFile(file, 'utf8');
  const server = `$1server: https://${host}:${port}\n$1tls-server-name: localhost`;
  await writeFile(file, config.replace(/^( *)server: .*$/m, server));
  return file;
};

/** Returns request options for the gateway. Every request opens a new connection, as most clients do. */
const gatewayOf = async (config: string) => {
  const connection = await plainConnection(config);
  if (!connection) throw new Error('the kubeconfig of the tests must hold certificates only');
  const { hostname: host, port } = connection.server;
  return { host, port, agent: false, servername: 'localhost', secureContext: createSecureContext(connection.tls) };
};

const waitForEnd = async (service: Service, id: string, step: string): Promise<void> => {
  const code = `{.status.containerStatuses[?(@.name=="step-${step}")].state.terminated.exitCode}`;
  await service.kubectl(['wait', `pod/${id}-pod`, `--for=jsonpath=${code}=0`, waitTimeout]);
};

const startPod = async (service: Service, tool: string, id: string): Promise<void> => {
  const words = ['get', 'ksvc', 'get-logs', '-o', 'jsonpath={.spec.template.spec.containers[0].image}'];
  const pod = JSON.stringify(podOf(tool, id, await service.kubectl(words)));
  for (;;) {
    await service.kubectl(['apply', '-f', '-'], pod);
    await waitForEnd(service, id, 'clone');
    if (isWhole(await timeRead(() => rawLog(`${id}-pod`, 'clone', false)))) return;
    // The kubelet may have rotated the log while it grew, and then serves only the last file. A new pod is tried.
    await service.kubectl(['delete', 'pod', `${id}-pod`]);
  }
};

/** Opens get-logs on the cluster of KUBECONFIG. A pod and a ledger of this benchmark take the place of a build. */
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
  // Sweep is stopped, because it would delete the run of a build that is not in the ledger yet.
  await scheduleSweep(service, never);
  await service.kubectl(['apply', '-f', '-'], JSON.stringify(pendingRun(id, tool)));
  await service.kubectl(['apply', '-f', '-'], JSON.stringify({ ...ledger, spec: { tool } }));
  await startPod(service, tool, id);
  return {
    tool,
    id,
    store,
    setBuild: async (more) => {
      const build = buildRecord(more.id, more);
      const status = build.finishedAt ? { running: [], finished: [build] } : { running: [build], finished: [] };
      const words = ['patch', 'buildledger', tool, '--subresource=status', '--type=merge', '-p'];
      await service.kubectl([...words, JSON.stringify({ status: { queued: [], keys: [], ...status } })]);
    },
    endPod: async () => {
      const end = ['--', 'node', '-e', 'process.kill(1, "SIGTERM")'];
      // The failure of `kubectl exec` is ignored: the executed command ends the container, and is killed with the
      // container.
      await service.kubectl(['exec', `${id}-pod`, '-c', 'step-build', ...end]).catch(() => undefined);
      await waitForEnd(service, id, 'build');
    },
    raw: (step, follow) => rawLog(`${id}-pod`, step, follow),
    open: (build, query, headers = {}) =>
      responseTo(get({ ...gateway, path: path(`/builds/${build}/logs?${query}`), headers })),
    fetch: (build, query, compressed) => {
      const words = ['--kubeconfig', config, 'get', '--raw', path(`/builds/${build}/logs?${query}`)];
      return spawnKubectl(compressed ? words : ['--disable-compression', ...words]);
    },
    archive: () => archivePod({ kube, store, tool, id }),
    memory: () => workingSet('get-logs'),
    close: async () => {
      kube.close();
      await scheduleSweep(service);
      await service.kubectl(['delete', `pipelinerun/${id}`, `pod/${id}-pod`, '--ignore-not-found']);
      await service.close();
    },
  };
};
