import { setTimeout as delay } from 'node:timers/promises';
import { securityContext } from '../../lib/logs/archive/archiver-job.ts';
import { podTemplate, runLabel } from '../../lib/tekton/run.ts';
import { listenPort, type ProgramTarget, program, resultPrefix } from './program.ts';
import type { Outcome } from './verdicts.ts';

export type Kubectl = (words: string[], input?: string) => Promise<string>;

/** Runs kubectl in the namespace of the builds; names of the check's objects begin with `name`. */
export type Place = { kubectl: Kubectl; name: string; image: string; pipeline: string; serviceAccount: string };

/**
 * The pods of a check. `build` looks like the pod of a build to NetworkPolicies, and `function` like the pod of a
 * function. No policy of the service selects `plain` and `other`. A policy of the check forbids `egress` to connect to
 * anything.
 */
export type PodName = 'build' | 'function' | 'plain' | 'other' | 'egress';

const checkLabel = 'builds.toolforge.org/network-check';

const labelsOf = ({ name, pipeline }: Place, pod: PodName): Record<string, string> => ({
  [checkLabel]: name,
  ...(pod === 'build' ? { [runLabel]: `${name}-build`, 'tekton.dev/pipeline': pipeline } : {}),
  ...(pod === 'function' ? { 'serving.knative.dev/service': `${name}-function` } : {}),
  ...(pod === 'egress' ? { [`${checkLabel}-egress`]: name } : {}),
});

const manifest = (place: Place, pod: PodName, targets: readonly ProgramTarget[]): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `${place.name}-${pod}`, labels: labelsOf(place, pod) },
  spec: {
    ...podTemplate,
    ...(pod === 'build' ? { serviceAccountName: place.serviceAccount } : {}),
    automountServiceAccountToken: false,
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'check',
        image: place.image,
        command: ['node', '-e', program],
        env: [{ name: 'TARGETS', value: JSON.stringify(targets) }],
        readinessProbe: { tcpSocket: { port: listenPort }, periodSeconds: 1 },
        securityContext,
        resources: { requests: { cpu: '10m', memory: '48Mi' }, limits: { memory: '128Mi' } },
      },
    ],
  },
});

const noEgress = ({ name }: Place): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: `${name}-egress`, labels: { [checkLabel]: name } },
  spec: { podSelector: { matchLabels: { [`${checkLabel}-egress`]: name } }, policyTypes: ['Egress'], egress: [] },
});

/** Creates the policy that forbids the pod `egress` to connect to anything. */
export const createNoEgress = (place: Place): Promise<string> =>
  place.kubectl(['create', '-f', '-'], JSON.stringify(noEgress(place)));

/** Starts a pod of the check, and waits up to 120 s until the pod listens. @returns the pod's IP address */
export const startPod = async (place: Place, pod: PodName, targets: readonly ProgramTarget[] = []): Promise<string> => {
  const { kubectl, name } = place;
  await kubectl(['create', '-f', '-'], JSON.stringify(manifest(place, pod, targets)));
  await kubectl(['wait', '--for=condition=Ready', `pod/${name}-${pod}`, '--timeout=120s']);
  return kubectl(['get', 'pod', `${name}-${pod}`, '-o', 'jsonpath={.status.podIP}']);
};

/** Number of reads of a pod's log, 2 s apart, after which the check gives up. */
const maxReads = 90;

/** Waits until a pod has connected to its targets. @returns the outcomes in the order of the pod's targets */
export const outcomesOf = async ({ kubectl, name }: Place, pod: PodName): Promise<Outcome[]> => {
  for (let read = 0; read < maxReads; read += 1) {
    const log = await kubectl(['logs', `${name}-${pod}`]);
    const line = log.split('\n').find((text) => text.startsWith(resultPrefix));
    if (line) return JSON.parse(line.slice(resultPrefix.length)) as Outcome[];
    await delay(2000);
  }
  throw new Error(`The pod ${name}-${pod} has not connected to its targets. Look at its log.`);
};

/** Deletes all objects of the check. */
export const removePods = async ({ kubectl, name }: Place): Promise<void> => {
  await kubectl(['delete', 'pods,networkpolicies', '-l', `${checkLabel}=${name}`, '--wait=false']);
};
