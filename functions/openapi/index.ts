import { createAuthenticate } from '../../lib/auth/authenticate.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { createApp } from '../../lib/http/app.ts';
import { serve } from '../../lib/http/serve.ts';
import { createOpenapi } from './handler.ts';
import { createProtectedResource } from './protected-resource.ts';

await serve('openapi', async (log) => {
  const { issuers, authResource } = readSettings(['issuers', 'authResource']);
  const handlers = {
    openapi: createOpenapi(),
    'protected-resource': createProtectedResource(issuers, authResource),
  };
  return { listener: createApp({ handlers, authenticate: createAuthenticate([]), log }) };
});
