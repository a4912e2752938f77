import type { CloudEvent } from 'cloudevents';
import type { BuildsContext } from '../../lib/builds/context.ts';
import { reconcile } from '../../lib/builds/reconcile.ts';
import { ledgerBehindType, parseBuildEvent } from '../../lib/events/build-event.ts';
import { isRunEndEvent } from '../../lib/tekton/events.ts';

/**
 * Handles the event of a run that has ended and a reader's report that a ledger is behind: both reconcile the tool, so
 * that ended builds are finished and their slots go to the next in the queue.
 */
export const createFinishBuild =
  (context: BuildsContext) =>
  async (event: CloudEvent<unknown>): Promise<void> => {
    const { type, tool } = parseBuildEvent(event);
    if (isRunEndEvent(type) || type === ledgerBehindType) await reconcile(context, tool);
  };
