import type { CloudEvent } from 'cloudevents';
import type { BuildsContext } from '../../lib/builds/context.ts';
import { reconcile } from '../../lib/builds/reconcile.ts';
import { ledgerBehindType, parseBuildEvent } from '../../lib/events/build-event.ts';
import { isRunEndEvent } from '../../lib/tekton/events.ts';

/**
 * Makes the handler of finish-build, which finishes builds and starts queued ones. The handler reconciles a tool when a
 * run of the tool has ended, and when a function that only reads reports that the tool's ledger is behind.
 */
export const createFinishBuild =
  (context: BuildsContext) =>
  async (event: CloudEvent<unknown>): Promise<void> => {
    const { type, tool } = parseBuildEvent(event);
    if (isRunEndEvent(type) || type === ledgerBehindType) await reconcile(context, tool);
  };
