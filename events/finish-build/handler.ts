import type { CloudEvent } from 'cloudevents';
import type { BuildsContext } from '../../lib/builds/context.ts';
import { reconcile } from '../../lib/builds/reconcile.ts';
import { parseBuildEvent } from '../../lib/events/build-event.ts';
import { isFinalEvent } from '../../lib/tekton/events.ts';

/** A build may have ended: move it to finished, and give its slot to the next in the queue. */
export const createFinishBuild =
  (context: BuildsContext) =>
  async (event: CloudEvent<unknown>): Promise<void> => {
    const { type, tool } = parseBuildEvent(event);
    if (isFinalEvent(type)) await reconcile(context, tool);
  };
