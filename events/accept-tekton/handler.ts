import type { CloudEvent } from 'cloudevents';
import { buildEventSource, type OwnEvent } from '../../lib/events/build-event.ts';
import type { ReadKube } from '../../lib/kube/client.ts';
import { ifFound } from '../../lib/kube/kube-error.ts';
import type { KubeObject } from '../../lib/kube/resources.ts';
import { type EventSubject, eventSubject, isTektonEventType } from '../../lib/tekton/events.ts';
import { runLabel } from '../../lib/tekton/run.ts';
import { buildsApiToolOf, toolOf } from '../../lib/tekton/tool-of.ts';

export type AcceptTektonOptions = {
  kube: ReadKube;
  /** Whether the runs that builds-api made are adopted. Otherwise events about them are dropped. */
  adoptsRuns: boolean;
  /** Sends an event to the broker. @throws ApiError 503 `unavailable` when the broker does not take the event */
  send: (event: OwnEvent) => Promise<void>;
};

const readSubject = async (kube: ReadKube, { namespace, kind, name }: EventSubject): Promise<KubeObject | undefined> =>
  namespace === kube.namespace ? ifFound(kube.get(kind, name)) : undefined;

/** Returns the id of the build that a run or TaskRun belongs to. Undefined for a TaskRun without a PipelineRun. */
const buildOf = ({ kind }: EventSubject, { metadata }: KubeObject): string | undefined =>
  kind === 'pipelineruns' ? metadata.name : metadata.labels?.[runLabel];

/**
 * Makes the handler of accept-tekton, which sends Tekton's events on to the broker. Tekton sends the events of the
 * whole cluster without a credential. The handler takes only an object's name from such an event, reads the object from
 * the API server, and drops the event when the object does not belong to this service. A repeated event is sent on with
 * the same id.
 */
export const createAcceptTekton =
  ({ kube, adoptsRuns, send }: AcceptTektonOptions) =>
  async (event: CloudEvent<unknown>): Promise<void> => {
    const subject = isTektonEventType(event.type) ? eventSubject(event.data) : undefined;
    const object = subject && (await readSubject(kube, subject));
    const tool = object && toolOf(object);
    const build = object && buildOf(subject, object);
    if (!object || !tool || !build) return;
    if (!adoptsRuns && buildsApiToolOf(object) !== undefined) return;
    const id = `${object.metadata.uid}.${event.type}`;
    await send({ id, type: event.type, source: buildEventSource, subject: build, data: { tool, build } });
  };
