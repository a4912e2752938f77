import { CloudEvent } from 'cloudevents';
import { buildEventSource } from '../../lib/events/build-event.ts';
import type { Kube } from '../../lib/kube/client.ts';
import { ifFound } from '../../lib/kube/kube-error.ts';
import type { KubeObject } from '../../lib/kube/resources.ts';
import { eventSubject, isTektonEventType } from '../../lib/tekton/events.ts';
import { toolAnnotation } from '../../lib/tekton/run.ts';

export type AcceptTektonOptions = {
  kube: Kube;
  /** @throws ApiError 503 `unavailable` when the broker does not take it */
  send: (event: CloudEvent<unknown>) => Promise<void>;
};

const runLabel = 'tekton.dev/pipelineRun';

const read = async (
  kube: Kube,
  { namespace, kind, name }: NonNullable<ReturnType<typeof eventSubject>>,
): Promise<KubeObject | undefined> => (namespace === kube.namespace ? ifFound(kube.get(kind, name)) : undefined);

/**
 * Tekton sends events of the whole cluster, without proof of who it is. So nothing is taken from one but the run's name:
 * the run is read, and only a run of ours is told of. The id is the same for a doubled event, unlike Tekton's.
 */
export const createAcceptTekton =
  ({ kube, send }: AcceptTektonOptions) =>
  async (event: CloudEvent<unknown>): Promise<void> => {
    const subject = isTektonEventType(event.type) ? eventSubject(event.data) : undefined;
    const run = subject && (await read(kube, subject));
    const tool = run?.metadata.annotations?.[toolAnnotation];
    if (!run || !tool) return;
    const build = run.metadata.labels?.[runLabel] ?? run.metadata.name;
    const id = `${run.metadata.uid}.${event.type}`;
    await send(
      new CloudEvent({ id, type: event.type, source: buildEventSource, subject: build, data: { tool, build } }),
    );
  };
