import type { Handler } from '../../lib/http/types.ts';
import contract from '../../openapi/generated/openapi.json' with { type: 'json' };

/** Makes the handler of openapi, which responds with the contract. */
export const createOpenapi = (): Handler => async () => ({ json: contract });
