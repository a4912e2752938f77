import { afterAll, beforeAll, expect } from '@jest/globals';
import type { CloudEvent } from 'cloudevents';
import fc from 'fast-check';
import { createEventApp } from '../../lib/events/app.ts';
import { buildEventSource, parseBuildEvent } from '../../lib/events/build-event.ts';
import { eventSubject } from '../../lib/tekton/events.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { fuzz } from './fuzz.ts';
import { mutated } from './mutated.ts';

let server: TestServer;
const handle = async (event: CloudEvent<unknown>): Promise<void> => {
  eventSubject(event.data);
  parseBuildEvent(event);
};

beforeAll(async () => {
  server = await startServer(createEventApp({ authenticate: async () => {}, handle, log: () => {} }));
});
afterAll(() => server.close());

const attributes = { specversion: '1.0', id: '1', source: buildEventSource, type: 'a', subject: 'b' };
const data = { tool: 'a', build: 'a-1', pipelineRun: { metadata: { name: 'n', namespace: 'm', labels: {} } } };
const body = mutated(
  JSON.stringify(data),
  JSON.stringify({ ...attributes, data }),
  JSON.stringify({ ...attributes, data_base64: 'e30=' }),
  JSON.stringify([{ ...attributes, data }]),
  'null',
  '',
);
const headerValue = mutated('1.0', buildEventSource, '2026-01-01T00:00:00Z', 'application/json').map((bytes) =>
  bytes
    .toString('latin1')
    .replace(/[^\t\x20-\x7e\x80-\xff]/g, '')
    .trim(),
);
const contentType = fc.oneof(
  fc.constantFrom(
    ...['application/json', 'application/cloudevents+json', 'application/cloudevents-batch+json', 'text/plain', ''],
    ...['application/json; charset=utf-16', 'application/octet-stream', 'multipart/form-data'],
  ),
  headerValue,
);
const binary = fc.dictionary(
  fc.constantFrom('id', 'source', 'type', 'time', 'subject', 'datacontenttype', 'x'),
  headerValue,
);

const headersOf = (type: string, ce: Record<string, string>): Record<string, string> => ({
  'content-type': type,
  ...Object.fromEntries(Object.entries({ ...attributes, ...ce }).map(([name, value]) => [`ce-${name}`, value])),
});

fuzz(
  'every CloudEvent is taken or refused with 400 or 413, and never fails the function',
  fc.record({ type: contentType, ce: binary, isBinary: fc.boolean(), body }),
  async ({ type, ce, isBinary, body }) => {
    const headers = isBinary ? headersOf(type, ce) : { 'content-type': type };
    const response = await fetch(server.url, { method: 'POST', headers, body: new Uint8Array(body) });
    await response.arrayBuffer();
    expect([204, 400, 413]).toContain(response.status);
  },
);

const names = fc.oneof(
  mutated('a', 'a-buildpacks-pipelinerun-1', '../../x').map((bytes) => bytes.toString()),
  fc.anything(),
);

fuzz(
  'an event of our own names a tool and a build as the contract allows, or is refused',
  fc.record({ tool: names, build: names, type: fc.string() }, { requiredKeys: [] }),
  (event) => {
    try {
      const { tool, build } = parseBuildEvent({ type: event.type ?? '', source: buildEventSource, data: event });
      expect(tool).toMatch(/^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$/);
      expect(build).toMatch(/^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/);
    } catch (error) {
      expect(error).toMatchObject({ status: 400, code: 'body_invalid' });
    }
  },
);
