import { createAuthenticate } from '../../lib/auth/authenticate.ts';
import { createApp } from '../../lib/http/app.ts';
import { serve } from '../../lib/http/serve.ts';
import { createOpenapi } from './handler.ts';

await serve('openapi', async (log) => ({
  listener: createApp({ handlers: { openapi: createOpenapi() }, authenticate: createAuthenticate([]), log }),
}));
