import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Resource, Resources } from '../../../../embedded/kubernetes/resources.ts';
import type { Step } from '../../../../embedded/kubernetes/tekton-types.ts';
import type { Tekton, TektonOptions } from '../../../../embedded/tekton/tekton.ts';
import { createTekton } from '../../../../embedded/tekton/tekton.ts';
import { startCluster, type TestCluster, temporaryFolder } from '../../../support/kubernetes/cluster.ts';

export type Event = { type: string; id: string; headers: Record<string, string>; body: Record<string, EventRun> };
type EventRun = {
  metadata: { name: string };
  spec: object;
  status: { conditions?: { reason: string; message: string }[] };
};

export type Platform = {
  served: TestCluster;
  tekton: Tekton;
  folder: string;
  events: Event[];
  /** Waits for a CloudEvent that `wanted` accepts. Events that arrived before the call count, too. */
  event(wanted: (event: Event) => boolean): Promise<Event>;
  /** Waits until `wanted` accepts the state of an object; the state is undefined while the object does not exist. */
  until<R extends Resource>(
    resource: R,
    name: string,
    wanted: (object: Resources[R] | undefined) => boolean,
  ): Promise<Resources[R]>;
  /** Waits until a PipelineRun has ended. */
  end(name: string): Promise<Resources['pipelineruns']>;
  log(pod: string, container: string, query?: string): Promise<string>;
  close(): Promise<void>;
};

export const runsPath = '/apis/tekton.dev/v1/namespaces/ns/pipelineruns';

type Options = Partial<TektonOptions> & { answer?: (event: Event, count: number) => number; root?: string };

export const startPlatform = async ({ answer = () => 202, root, ...options }: Options = {}): Promise<Platform> => {
  const temporary = root === undefined ? await temporaryFolder() : undefined;
  const folder = root ?? temporary?.folder ?? '';
  const served = await startCluster({ folder: join(folder, 'kube') });
  const sink = await startSink(answer);
  const tekton = await createTekton({
    objects: served.api.objects,
    folder: join(folder, 'tekton'),
    sink: () => sink.url,
    images: (image) => (image.includes('nope') ? undefined : { env: { FROM_IMAGE: image } }),
    graceMs: 300,
    jobRetryMs: 10,
    eventRetryMs: 1,
    log: (message, cause) => {
      if (cause) console.error(message, cause);
    },
    ...options,
  });
  const until = untilOf(served);
  return {
    ...{ served, tekton, folder, events: sink.events, event: sink.event, until },
    end: (name) => until('pipelineruns', name, (run) => run?.status?.completionTime !== undefined),
    log: async (pod, container, query = '') => {
      const path = `/api/v1/namespaces/ns/pods/${pod}/log?container=${container}&${query}`;
      return (await fetch(served.url + path)).text();
    },
    async close() {
      await tekton.close();
      await served.close();
      await sink.close();
      await temporary?.remove();
    },
  };
};

const untilOf =
  ({ api }: TestCluster): Platform['until'] =>
  (resource, name, wanted) =>
    new Promise((resolve) => {
      const check = () => {
        const object = api.objects.get(resource, 'ns', name);
        if (!wanted(object)) return false;
        stop();
        resolve(object as never);
        return true;
      };
      const stop = api.objects.watch(check);
      check();
    });

const startSink = async (answer: (event: Event, count: number) => number) => {
  const events: Event[] = [];
  const waiting = new Set<() => void>();
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
    const headers = req.headers as Record<string, string>;
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Event['body'];
    const event = { type: (headers['ce-type'] ?? '').slice(17), id: headers['ce-id'] ?? '', headers, body };
    events.push(event);
    const status = answer(event, events.length);
    if (status === 0) req.socket.destroy();
    else res.writeHead(status).end();
    for (const check of waiting) check();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    events,
    event: (wanted: (event: Event) => boolean) =>
      new Promise<Event>((resolve) => {
        const check = () => {
          const found = events.find(wanted);
          if (found) resolve(found);
        };
        waiting.add(check);
        check();
      }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** Returns a PipelineRun with one task, build-from-git, and the given steps. */
export const run = (name: string, steps: Step[], spec: object = {}, task: object = {}, metadata: object = {}) => {
  const taskSpec = { steps, ...task };
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name, labels: { user: 'tool-a' }, ...metadata },
    spec: { pipelineSpec: { tasks: [{ name: 'build-from-git', taskSpec }] }, ...spec },
  };
};

export const sh = (name: string, script: string, more: object = {}): Step => ({
  name,
  image: 'base',
  command: ['sh', '-c'],
  args: [script],
  ...more,
});

/** Returns the processes whose command line or environment contains a text. */
export const processesWith = (text: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => holds(pid, text))
    .map(Number);

const holds = (pid: string, text: string): boolean => {
  try {
    return ['cmdline', 'environ'].some((file) => readFileSync(`/proc/${pid}/${file}`).includes(text));
  } catch {
    return false;
  }
};
