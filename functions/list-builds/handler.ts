import type { ShowContext } from '../../lib/builds/context.ts';
import { listBuilds } from '../../lib/builds/read.ts';
import { messages } from '../../lib/http/respond.ts';
import type { Handler } from '../../lib/http/types.ts';
import type { ListResponse } from '../../openapi/generated/types.ts';

/** Makes the handler of list-builds, which returns all builds of a tool and never writes to the ledger. */
export const createListBuilds =
  (context: ShowContext): Handler =>
  async ({ params: { toolname: tool = '' } }) => {
    const json: ListResponse = { messages: messages(), builds: await listBuilds(context, tool) };
    return { json };
  };
