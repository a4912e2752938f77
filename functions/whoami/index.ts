import { authenticateFromSettings, authSettings } from '../../lib/auth/from-settings.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { createApp } from '../../lib/http/app.ts';
import { serve } from '../../lib/http/serve.ts';
import { createWhoami } from './handler.ts';

await serve('whoami', async (log) => {
  const authenticate = authenticateFromSettings(readSettings(authSettings), log);
  return { listener: createApp({ handlers: { whoami: createWhoami() }, authenticate, log }) };
});
