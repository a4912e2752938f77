import type { ReadContext } from '../../lib/builds/context.ts';
import { getBuild, getLatestBuild } from '../../lib/builds/read.ts';
import { messages } from '../../lib/http/respond.ts';
import type { Handler } from '../../lib/http/types.ts';
import type { Build, BuildResponse } from '../../openapi/generated/types.ts';

const response = (build: Build): { json: BuildResponse } => ({ json: { messages: messages(), build } });

/** Makes the handler of get-build, which returns one build of a tool and never writes to the ledger. */
export const createGetBuild =
  (context: ReadContext): Handler =>
  async ({ params: { toolname: tool = '', id = '' } }) =>
    response(await getBuild(context, tool, id));

/** Makes the handler of get-latest-build, which returns a tool's newest build and never writes to the ledger. */
export const createGetLatestBuild =
  (context: ReadContext): Handler =>
  async ({ params: { toolname: tool = '' } }) =>
    response(await getLatestBuild(context, tool));
