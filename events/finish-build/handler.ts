import type { CloudEvent } from 'cloudevents';
import type { BuildsContext } from '../../lib/builds/context.ts';
import { reconcile } from '../../lib/builds/reconcile.ts';
import { ledgerBehindType, parseBuildEvent } from '../../lib/events/build-event.ts';
import { isRunEndEvent } from '../../lib/tekton/events.ts';

/**
 * Reconciles a tool on a report that its ledger is behind. A failure is only logged, so that the broker does not send
 * the report again: as long as the ledger stays behind, each read of it sends a new report. Retries of all these reports
 * would load an API server that is failing already, and each report that stays undelivered would start a sweep.
 */
const reconcileReported = async (context: BuildsContext, tool: string): Promise<void> => {
  try {
    await reconcile(context, tool);
  } catch (error) {
    context.log('WARNING', 'a ledger that is behind was not reconciled; sweep reconciles it', { tool, error });
  }
};

/**
 * Makes the handler of finish-build, which finishes builds and starts queued ones. The handler reconciles a tool when a
 * run of the tool has ended, and when a function that only reads reports that the tool's ledger is behind.
 * @throws the error of a reconcile after the end of a run, so that the broker sends the event again
 */
export const createFinishBuild =
  (context: BuildsContext) =>
  async (event: CloudEvent<unknown>): Promise<void> => {
    const { type, tool } = parseBuildEvent(event);
    if (isRunEndEvent(type)) await reconcile(context, tool);
    if (type === ledgerBehindType) await reconcileReported(context, tool);
  };
