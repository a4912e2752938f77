import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createKube, type Kube } from '../../../../lib/kube/client.ts';
import { createTransport } from '../../../../lib/kube/transport.ts';

type Record = { time: string; text: Buffer };
type State = 'waiting' | 'running' | 'terminated';
type Container = { name: string; state: State; exitCode: number; records: Record[]; removed: number };
export type Fault = { kind: 'cut' | 'clean'; afterBytes: number };

/** The parts of an API server and a kubelet that reading logs touches, over real HTTP. */
export type FakeKube = {
  kube: Kube;
  /** Lines with times of their own, or 1 ms apart. */
  write(step: string, lines: readonly (string | Buffer)[], times?: readonly string[]): void;
  setPod(steps: readonly string[]): void;
  setState(step: string, state: State, exitCode?: number): void;
  setStatus(status: object): void;
  removePod(): void;
  /** What the kubelet does at 10 MiB. */
  rotate(step: string, keep: number): void;
  /** Streams that follow bring nothing new until it is false again. */
  hold(held: boolean): void;
  /** The next log streams end like this. */
  faults: Fault[];
  /** Log requests that came: container and query. */
  asked: { container: string; query: URLSearchParams }[];
  requests(kind: string): number;
  /** Resolves when so many log streams are being followed. */
  followed(count: number): Promise<void>;
  followers(): number;
  /** Answers every request with this status until it is undefined again. */
  setFailure(status: number | undefined): void;
  raw(step: string): string;
  close(): Promise<void>;
};

export const timeAt = (n: number, base = Date.UTC(2026, 10, 22, 8, 2, 11)): string => {
  const ms = base + Math.floor(n / 1000);
  return new Date(ms).toISOString().replace('Z', `${String(n % 1000).padStart(3, '0')}000Z`);
};

const kindOf = (path: string, watching: boolean): string => {
  if (path.endsWith('/log')) return 'log';
  return watching ? 'watch' : 'list';
};

const labels = { 'tekton.dev/pipelineRun': 'b-1' };

export const createFakeKube = async ({ partBytes = 0 }: { partBytes?: number } = {}): Promise<FakeKube> => {
  let containers: Container[] = [];
  let present = false;
  let pods = 0;
  let version = 1;
  let ticks = 0;
  let failure: number | undefined;
  let status: object = {};
  const faults: Fault[] = [];
  const asked: FakeKube['asked'] = [];
  const counts = new Map<string, number>();
  const listeners = new Set<() => void>();
  let followers = 0;
  let held = false;

  const changed = (): void => {
    version += 1;
    for (const listener of [...listeners]) listener();
  };
  const find = (step: string): Container => {
    const found = containers.find(({ name }) => name === `step-${step}`);
    if (!found) throw new Error(`no step ${step}`);
    return found;
  };
  const stateOf = ({ state, exitCode }: Container) =>
    ({
      waiting: { waiting: { reason: 'PodInitializing' } },
      running: { running: { startedAt: timeAt(0) } },
      terminated: { terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' } },
    })[state];
  const pod = () => ({
    metadata: {
      name: 'b-1-pod',
      uid: `pod-${pods}`,
      labels,
      resourceVersion: String(version),
      creationTimestamp: timeAt(0),
    },
    spec: { containers: containers.map(({ name }) => ({ name })) },
    status: {
      phase: 'Running',
      // As the kubelet does it: sorted by name.
      containerStatuses: [...containers]
        .sort((a, b) => a.name.localeCompare(b.name))
        .map((container) => ({ name: container.name, state: stateOf(container) })),
      ...status,
    },
  });
  const json = (res: ServerResponse, code: number, body: object): void => {
    res.writeHead(code, { 'content-type': 'application/json' });
    res.end(JSON.stringify(body));
  };
  const refuse = (res: ServerResponse, code: number, message: string): void =>
    json(res, code, { kind: 'Status', code, reason: code === 404 ? 'NotFound' : 'BadRequest', message });

  const watch = (res: ServerResponse, since: number): void => {
    let known = present;
    let sent = since;
    res.writeHead(200, { 'content-type': 'application/json' });
    res.flushHeaders();
    const send = () => {
      if (!known && !present) return;
      if (version === sent) return;
      sent = version;
      const type = present ? (known ? 'MODIFIED' : 'ADDED') : 'DELETED';
      known = present;
      res.write(`${JSON.stringify({ type, object: pod() })}\n`);
    };
    listeners.add(send);
    send();
    res.on('close', () => listeners.delete(send));
  };

  const lineOf = ({ time, text }: Record): Buffer => Buffer.concat([Buffer.from(`${time} `), text, Buffer.from('\n')]);

  /** What is in the container's log from this place on; moves the place. */
  const take = (container: Container, place: { at: number }, since: number): Buffer => {
    const fresh = container.records.slice(Math.max(0, place.at - container.removed));
    place.at = container.removed + container.records.length;
    return Buffer.concat(fresh.filter(({ time }) => !(Date.parse(time) < since)).map(lineOf));
  };

  const send = async (res: ServerResponse, bytes: Buffer): Promise<void> => {
    const size = partBytes || Math.max(1, bytes.length);
    for (let from = 0; from < bytes.length && !res.closed; from += size) {
      const part = bytes.subarray(from, from + size);
      if (!res.write(part)) await Promise.race([once(res, 'drain'), once(res, 'close')]);
    }
  };

  const nextChange = (): Promise<void> =>
    new Promise((resolve) => {
      const wake = () => {
        listeners.delete(wake);
        resolve();
      };
      listeners.add(wake);
    });

  const placeOf = ({ removed, records }: Container, tail: string | null): number =>
    removed + (tail ? Math.max(0, records.length - Number(tail)) : 0);

  const released = async (): Promise<void> => {
    while (held) await nextChange();
  };

  const begin = (res: ServerResponse, follow: boolean): void => {
    if (follow) followers += 1;
    res.on('close', () => {
      if (follow) followers -= 1;
      changedQuietly();
    });
    res.writeHead(200, { 'content-type': 'text/plain' });
    res.flushHeaders();
    changedQuietly();
  };

  const mostBytes = (query: URLSearchParams, fault: Fault | undefined): number => {
    const limit = query.get('limitBytes');
    return Math.min(fault?.afterBytes ?? Number.POSITIVE_INFINITY, limit ? Number(limit) : Number.POSITIVE_INFINITY);
  };

  /** The stream until it is all there, or until the fault says that it breaks. */
  const stream = async (
    res: ServerResponse,
    container: Container,
    query: URLSearchParams,
    fault: Fault | undefined,
  ): Promise<void> => {
    const since = Math.floor(Date.parse(query.get('sinceTime') ?? '1970-01-01T00:00:00Z') / 1000) * 1000;
    const follow = query.get('follow') === 'true';
    const place = { at: placeOf(container, query.get('tailLines')) };
    let left = mostBytes(query, fault);
    for (;;) {
      if (follow) await released();
      const bytes = take(container, place, since).subarray(0, Math.min(left, 2 ** 30));
      left -= bytes.length;
      await send(res, bytes);
      if (res.closed || left <= 0) return;
      if (!follow || container.state === 'terminated' || !present) return;
      await nextChange();
    }
  };

  const log = async (res: ServerResponse, query: URLSearchParams): Promise<void> => {
    const container = containers.find(({ name }) => name === query.get('container'));
    asked.push({ container: query.get('container') ?? '', query });
    if (!present || !container) return refuse(res, 404, 'pods "b-1-pod" not found');
    if (container.state === 'waiting') return refuse(res, 400, 'container is waiting to start: PodInitializing');
    const fault = query.has('tailLines') ? undefined : faults.shift();
    begin(res, query.get('follow') === 'true');
    await stream(res, container, query, fault);
    if (fault?.kind === 'cut') res.destroy();
    else res.end();
  };

  const changedQuietly = (): void => {
    for (const listener of [...listeners]) listener();
  };

  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const url = new URL(req.url ?? '/', 'http://kube');
    const watching = url.searchParams.get('watch') === 'true';
    const kind = kindOf(url.pathname, watching);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (failure) return refuse(res, failure, 'told to fail');
    if (kind === 'log') return log(res, url.searchParams);
    if (watching) return watch(res, Number(url.searchParams.get('resourceVersion') ?? version));
    json(res, 200, { metadata: { resourceVersion: String(version) }, items: present ? [pod()] : [] });
  };

  const server = createServer((req, res) => void handle(req, res));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = {
    server: new URL(`http://127.0.0.1:${port}`),
    namespace: 'ns',
    tls: {},
    authorization: async () => undefined,
  };
  const kube = createKube(createTransport({ connection, timeoutMs: 5000, attempts: 1 }), 'ns');

  return {
    kube,
    faults,
    asked,
    requests: (kind) => counts.get(kind) ?? 0,
    followers: () => followers,
    followed: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (followers !== count) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
      }),
    setFailure: (code) => {
      failure = code;
    },
    write: (step, lines, times) => {
      const { records } = find(step);
      for (const [at, line] of lines.entries()) {
        records.push({ time: times?.[at] ?? timeAt(ticks++ * 1000), text: Buffer.from(line) });
      }
      changedQuietly();
    },
    setPod: (steps) => {
      containers = steps.map((step) => ({
        name: `step-${step}`,
        state: 'waiting',
        exitCode: 0,
        records: [],
        removed: 0,
      }));
      present = true;
      pods += 1;
      changed();
    },
    setState: (step, state, exitCode = 0) => {
      Object.assign(find(step), { state, exitCode });
      changed();
    },
    setStatus: (next) => {
      status = next;
      changed();
    },
    removePod: () => {
      present = false;
      changed();
    },
    rotate: (step, keep) => {
      const container = find(step);
      const kept = keep === 0 ? [] : container.records.slice(-keep);
      container.removed += container.records.length - kept.length;
      container.records = kept;
    },
    hold: (next) => {
      held = next;
      changedQuietly();
    },
    raw: (step) => Buffer.concat(find(step).records.map(lineOf)).toString(),
    close: async () => {
      kube.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
