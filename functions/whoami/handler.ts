import { messages } from '../../lib/http/respond.ts';
import type { Handler } from '../../lib/http/types.ts';
import type { Caller } from '../../openapi/generated/types.ts';

/** Makes the handler of whoami, which shows the caller, the kind of its credential and its scopes for each tool. */
export const createWhoami =
  (): Handler =>
  async ({ access: { subject, credential, grants, expires } }) => {
    const json: Caller = {
      messages: messages(),
      subject,
      proof: credential as Caller['proof'],
      ...(expires === undefined ? {} : { expires: new Date(expires * 1000).toISOString() }),
      tools: grants.map(({ tool, scopes }) => ({ tool, scopes: [...scopes] })),
    };
    return { json };
  };
