/** list-builds as it is deployed, or believing everybody: what bench/auth.ts compares. */

import { createListBuilds } from '../functions/list-builds/handler.ts';
import { createAccess } from '../lib/auth/access.ts';
import type { Authenticate } from '../lib/auth/authenticate.ts';
import { authenticateFromSettings, authSettings } from '../lib/auth/from-settings.ts';
import { readsFromSettings, readsSettings } from '../lib/builds/reads-from-settings.ts';
import { readSettings } from '../lib/config/settings.ts';
import { createApp } from '../lib/http/app.ts';
import { serve } from '../lib/http/serve.ts';

/** Known when it is bundled, so that what isn't used isn't there. */
declare const WITH_AUTHENTICATION: boolean;

const anybody: Authenticate = async () =>
  createAccess({ subject: 'bench', credential: 'none', grants: [{ tool: 'bench', scopes: ['read'] }] });

await serve('list-builds', async (log) => {
  const authenticate = WITH_AUTHENTICATION ? authenticateFromSettings(readSettings(authSettings), log) : anybody;
  const context = await readsFromSettings(readSettings(readsSettings), log);
  const handlers = { 'list-builds': createListBuilds(context) };
  return { listener: createApp({ handlers, authenticate, log }), close: context.kube.close };
});
