import { deleteBuild } from '../../lib/builds/cancel.ts';
import type { BuildsContext } from '../../lib/builds/context.ts';
import { messages } from '../../lib/http/respond.ts';
import type { Handler } from '../../lib/http/types.ts';
import type { DeleteResponse } from '../../openapi/generated/types.ts';

/** Makes the handler of delete-build, which deletes one build of a tool. */
export const createDeleteBuild =
  (context: BuildsContext): Handler =>
  async ({ params: { toolname: tool = '', id = '' } }) => {
    await deleteBuild(context, tool, id);
    const json: DeleteResponse = { messages: messages(), id };
    return { json };
  };
