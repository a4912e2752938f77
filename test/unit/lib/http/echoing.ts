/** A function of the API that says how many bytes a body had, which serve-bodies.test.ts runs as a process. */
import { createAuthenticate } from '../../../../lib/auth/authenticate.ts';
import { createGatewayCheck } from '../../../../lib/auth/gateway.ts';
import { withRateLimit } from '../../../../lib/auth/rate-limit.ts';
import { apiApp, type WiredEndpoint } from '../../../../lib/http/app.ts';
import { serve } from '../../../../lib/http/serve.ts';
import type { Handler } from '../../../../lib/http/types.ts';
import type { Wiring } from '../../../../lib/http/wiring.ts';
import { fixedSecret } from '../../../support/secret.ts';

const echo: Handler = async ({ body }) => ({ json: { bytes: body.length } });

const wiring: Wiring<WiredEndpoint> = {
  settingNames: [],
  wire: async (_, { log }) => ({
    handlers: { start: echo, list: echo, delete: echo, healthcheck: echo },
    authenticate: withRateLimit(createAuthenticate([createGatewayCheck(fixedSecret('s3cret'))]), {
      rateReads: 0,
      rateChanges: 0,
      failureDelayMs: 0,
      log,
    }),
  }),
};

await serve('echoing', wiring, apiApp);
