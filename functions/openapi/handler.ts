import type { Handler } from '../../lib/http/types.ts';
import contract from '../../openapi/generated/openapi.json' with { type: 'json' };

export const createOpenapi = (): Handler => async () => ({ json: contract });
