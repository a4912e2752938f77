import type { CloudEvent } from 'cloudevents';
import type { BuildsContext } from '../../lib/builds/context.ts';
import { reconcile } from '../../lib/builds/reconcile.ts';
import { parseBuildEvent } from '../../lib/events/build-event.ts';
import { isFinal } from '../../lib/tekton/events.ts';

/** A build may have ended: move it to finished, and give its slot to the next in the queue. */
export const createUpdateQuota =
  (context: BuildsContext) =>
  async (event: CloudEvent<unknown>): Promise<void> => {
    const { type, tool } = parseBuildEvent(event);
    if (isFinal(type)) await reconcile(context, tool);
  };
