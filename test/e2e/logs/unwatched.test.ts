import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { never, readLedger, scheduleSweep } from '../disruptions/disruptions.ts';
import { eventually, waitTimeout } from '../pipeline/cluster.ts';
import { withEventSink } from '../service/event-sink.ts';
import { builds, openService, podsOf, type Service, type Tool, until } from '../service/service.ts';
import { type Event, eventsOf, isPrinted, printing } from './printing.ts';

// The log of such a build is larger than the 10 MiB at which the kubelet rotates a log.
const count = 200_000;

let service: Service;
let tool: Tool;
let url: string;
beforeAll(async () => {
  service = await openService();
  tool = await service.tool();
  url = await service.repository('unwatched', printing(count, 25));
  await scheduleSweep(service, never);
});
afterAll(async () => {
  await scheduleSweep(service);
  await service.close();
});

/** Waits for the end of a build's run without any request to the service. */
const ended = (id: string): Promise<string> =>
  service.kubectl(['wait', `pipelinerun/${id}`, '--for=jsonpath={.status.completionTime}', waitTimeout]);

/** Reads a log once. @returns the lines that the build's program printed, the number of missing lines, and the last event */
const readOnce = async (id: string) => {
  const printed: string[] = [];
  let lines = 0;
  let end: Event | undefined;
  for await (const event of eventsOf(tool, id, '')) {
    if (isPrinted(event)) printed.push(event.line ?? '');
    if (event.type === 'line' && event.step === 'build') lines += 1;
    if (event.type === 'end') end = event;
  }
  const [, missing = '0', of = String(lines)] = /(\d+) of the (\d+) lines of step build/.exec(end?.reason ?? '') ?? [];
  return { printed, lines, missing: Number(missing), of: Number(of), end };
};

/**
 * Expects that a log has all lines in order, or says how many are missing. The end may be missing too: the kubelet may
 * rotate the log after the program's last line, and then serves what the buildpacks print afterwards.
 */
const expectHonest = ({ printed, lines, missing, of, end }: Awaited<ReturnType<typeof readOnce>>): void => {
  expect(end).toMatchObject({ status: 'BUILD_SUCCESS', log: missing === 0 ? 'complete' : 'truncated' });
  expect(lines + missing).toBe(of);
  if (missing === 0) expect(printed).toHaveLength(count);
  expect(missing).toBeGreaterThanOrEqual(count - printed.length);
  expect(printed).toEqual([...printed].sort());
};

/** Returns the value of a metric of the service. */
const metric = async (name: string): Promise<number> => {
  const curl = ['curl', '--silent', `http://metrics.${builds}.svc/v1/metrics`];
  const text = await service.namespace.kubectl(['exec', 'git', '--', ...curl]);
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
};

const hasArchiver = async (id: string): Promise<boolean> =>
  (await service.kubectl(['get', 'jobs', id, '--ignore-not-found', '-o', 'name'])) !== '';

test('without events of Tekton and without readers, a log has all lines, and the builds without events are counted', async () => {
  await withEventSink(null, async () => {
    const id = await tool.start(url);
    await until('the archiver has started', () => hasArchiver(id));
    await ended(id);
    const log = await readOnce(id);
    expectHonest(log);
    await until('the log is archived', async () => (await tool.get(id)).log !== 'live');
    const archived = await readOnce(id);
    expectHonest(archived);
    expect(archived.missing).toBe(0);
    const { finished } = await readLedger(service, tool);
    expect(finished?.find((build) => build.id === id)?.event).toMatch(/^(awaited|missed)$/);
    expect(await metric('toolforge_builds_without_event')).toBeGreaterThan(0);
  });
});

test('without an archiver and without readers, a log that the node has rotated says how many lines are missing', async () => {
  await withEventSink(null, async () => {
    const id = await tool.start(url);
    await until('the archiver has started', () => hasArchiver(id));
    await service.kubectl(['delete', 'job', id, '--cascade=foreground']);
    await ended(id);
    const log = await readOnce(id);
    expectHonest(log);
    expect(log.missing).toBeGreaterThan(0);
  });
});

test('the archive of a log whose archiver was killed in the middle has all lines, or says how many are missing', async () => {
  const id = await tool.start(url);
  const pods = () => service.kubectl(['get', 'pods', '-l', `batch.kubernetes.io/job-name=${id}`, '-o', 'name']);
  await until('the archiver runs', async () => (await pods()) !== '');
  await until('the build prints', async () => {
    const printed = service.kubectl(['logs', '-l', `tekton.dev/pipelineRun=${id}`, '-c', 'step-build', '--tail=1']);
    return /^0{0,7}\d+ x/.test(await printed.catch(() => ''));
  });
  for (const pod of (await pods()).split('\n').filter(Boolean))
    await service.kubectl(['delete', pod, '--force', '--grace-period=0']);
  await ended(id);
  await until('the log is archived', async () => (await tool.get(id)).log !== 'live');
  expectHonest(await readOnce(id));
});

const steps = ['clone', 'analyze', 'detect', 'restore', 'build', 'seal', 'export'];

/** Follows the raw log of a step from its container. The pod of a build is deleted soon after the build has ended. */
const rawLog = (id: string, step: string): Promise<string> =>
  eventually(async () => {
    const pod = (await podsOf(service, id)).trim();
    return service.kubectl(['logs', '--follow', pod, '--container', `step-${step}`]);
  });

test('each step of a build has as many lines and bytes as its last mark says', async () => {
  const id = await tool.start(await service.repository('small', printing(1000, 1)));
  const logs = await Promise.all(steps.map((step) => rawLog(id, step)));
  for (const [at, raw] of logs.entries()) {
    const [begin = '', ...rest] = raw.split(/(?<=\n)/);
    const end = rest.pop() ?? '';
    const output = rest.join('').replaceAll(/\[log-mark [^\]]+\] continues\n/g, '');
    const lines = output.split('\n').length - 1;
    expect(begin).toMatch(/^\[log-mark [^\]]+\] begin\n$/);
    expect([steps[at], end.replace(/^\[log-mark [^\]]+\] /, '')]).toEqual([
      steps[at],
      `end: ${lines} lines, ${Buffer.byteLength(output)} bytes\n`,
    ]);
  }
});
