import { cancelBuild } from '../../lib/builds/cancel.ts';
import type { BuildsContext } from '../../lib/builds/context.ts';
import { messages } from '../../lib/http/respond.ts';
import type { Handler } from '../../lib/http/types.ts';
import type { CancelResponse } from '../../openapi/generated/types.ts';

/** Makes the handler of cancel-build, which cancels one build of a tool. */
export const createCancelBuild =
  (context: BuildsContext): Handler =>
  async ({ params: { toolname: tool = '', id = '' } }) => {
    await cancelBuild(context, tool, id);
    const json: CancelResponse = { messages: messages(), id };
    return { json };
  };
