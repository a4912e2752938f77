import { messages } from '../../lib/http/respond.ts';
import type { Handler } from '../../lib/http/types.ts';
import type { Registry } from '../../lib/registry/registry.ts';
import type { CleanResponse } from '../../openapi/generated/types.ts';

/** Makes the handler of clean-images, which deletes a tool's images from the registry. */
export const createCleanImages =
  (registry: Registry): Handler =>
  async ({ params: { toolname: tool = '' }, signal }) => {
    const { deleted, repository } = await registry.clean(tool, signal);
    const done =
      deleted === 0 ? 'Nothing to clean up' : `Deleted ${deleted} artifacts from harbor repository ${repository}`;
    const json: CleanResponse = { messages: messages({ info: [done] }) };
    return { json };
  };
