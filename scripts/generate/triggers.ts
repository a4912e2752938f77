import type { ServiceFacts } from './facts.ts';

/**
 * Returns a function as the destination of events. The audience makes an event's token valid for this function alone.
 */
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

/**
 * Returns the Broker. An event that is not delivered after eight retries goes to the function that takes dead letters.
 */
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

/** Returns the Broker, a Trigger for each function that takes events, and a PingSource for each schedule. */
export const eventManifests = (services: readonly ServiceFacts[]): object[] => [
  broker(services.find(({ takesDeadLetters }) => takesDeadLetters)?.name),
  ...services.filter(({ eventTypes }) => eventTypes.length > 0).map(trigger),
  ...services.filter(({ schedule }) => schedule !== undefined).map(pingSource),
];
