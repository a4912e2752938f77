import type { ServiceFacts } from './facts.ts';

/** A function as the destination of events. The token of an event is valid for this function alone. */
const destination = (name: string) => ({
  ref: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name },
  audience: name,
});

const trigger = ({ name, eventTypes }: ServiceFacts): object => ({
  apiVersion: 'eventing.knative.dev/v1',
  kind: 'Trigger',
  metadata: { name },
  spec: {
    broker: 'builds',
    filters: [{ any: eventTypes.map((type) => ({ exact: { type } })) }],
    subscriber: destination(name),
  },
});

const pingSource = ({ name, schedule }: ServiceFacts): object => ({
  apiVersion: 'sources.knative.dev/v1',
  kind: 'PingSource',
  metadata: { name },
  spec: { schedule, sink: destination(name) },
});

/** The broker with the retries of its deliveries. What it still can't deliver goes to the dead letters. */
const broker = (deadLetters: string | undefined): object => ({
  apiVersion: 'eventing.knative.dev/v1',
  kind: 'Broker',
  metadata: { name: 'builds' },
  spec: {
    delivery: {
      retry: 8,
      backoffPolicy: 'exponential',
      backoffDelay: 'PT0.5S',
      timeout: 'PT60S',
      ...(deadLetters ? { deadLetterSink: destination(deadLetters) } : {}),
    },
  },
});

/** The Broker, a Trigger for each function that takes its events, and a PingSource for each schedule. */
export const eventManifests = (services: readonly ServiceFacts[]): object[] => [
  broker(services.find(({ takesDeadLetters }) => takesDeadLetters)?.name),
  ...services.filter(({ eventTypes }) => eventTypes.length > 0).map(trigger),
  ...services.filter(({ schedule }) => schedule !== undefined).map(pingSource),
];
