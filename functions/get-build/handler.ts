import type { ShowContext } from '../../lib/builds/context.ts';
import { getBuild, getLatestBuild } from '../../lib/builds/read.ts';
import { messages } from '../../lib/http/respond.ts';
import type { Handler } from '../../lib/http/types.ts';
import type { GetResponse, LatestResponse } from '../../openapi/generated/types.ts';

/** Makes the handler of the operation get, which returns one build of a tool and never writes to the ledger. */
export const createGetBuild =
  (context: ShowContext): Handler =>
  async ({ params: { toolname: tool = '', id = '' } }) => {
    const json: GetResponse = { messages: messages(), build: await getBuild(context, tool, id) };
    return { json };
  };

/** Makes the handler of the operation latest, which returns a tool's newest build and never writes to the ledger. */
export const createGetLatestBuild =
  (context: ShowContext): Handler =>
  async ({ params: { toolname: tool = '' } }) => {
    const json: LatestResponse = { messages: messages(), build: await getLatestBuild(context, tool) };
    return { json };
  };
