import type { Handler } from '../../lib/http/types.ts';
import contract from '../../openapi/generated/openapi.json' with { type: 'json' };

/** Makes the handler of openapi, which responds with the API's contract as JSON. */
export const createOpenapi = (): Handler => async () => ({ json: contract });
