/** Serves list-builds with or without authentication. bench/auth.ts compares the two variants. */
import { createListBuilds } from '../functions/list-builds/handler.ts';
import * as deployed from '../functions/list-builds/wire.ts';
import { createAccess } from '../lib/auth/access.ts';
import type { Authenticate } from '../lib/auth/authenticate.ts';
import { readsFromSettings, readsSettings } from '../lib/builds/reads-from-settings.ts';
import { apiApp, type WiredEndpoint } from '../lib/http/app.ts';
import { serve } from '../lib/http/serve.ts';
import type { Wiring } from '../lib/http/wiring.ts';
import { versionSettings, versionsFromSettings } from '../lib/tekton/versions-from-settings.ts';

/**
 * The bundler replaces `withAuthentication` by true or false, so that the bundle without authentication holds no code
 * for authentication.
 */
declare const withAuthentication: boolean;

const anybody: Authenticate = async () =>
  createAccess({ subject: 'bench', credential: 'none', grants: [{ tool: 'bench', scopes: ['read'] }] });

const open: Wiring<WiredEndpoint> = {
  settingNames: [...readsSettings, ...versionSettings],
  wire: async (settings, { log }) => {
    const reads = await readsFromSettings(settings, log);
    const context = { ...reads, versions: versionsFromSettings(settings) };
    return { handlers: { list: createListBuilds(context) }, authenticate: anybody, close: reads.kube.close };
  },
};

await serve('list-builds', withAuthentication ? deployed : open, apiApp);
