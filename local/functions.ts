import type { CloudEvent } from 'cloudevents';
import { createAcceptTekton } from '../events/accept-tekton/handler.ts';
import { createArchiveLogs } from '../events/archive-logs/handler.ts';
import { createFinishBuild } from '../events/finish-build/handler.ts';
import { createSweep } from '../events/sweep/handler.ts';
import { createCancelBuild } from '../functions/cancel-build/handler.ts';
import { createCleanImages } from '../functions/clean-images/handler.ts';
import { createDeleteBuild } from '../functions/delete-build/handler.ts';
import { createGetBuild, createGetLatestBuild } from '../functions/get-build/handler.ts';
import { createGetLogs } from '../functions/get-logs/handler.ts';
import { createHealthz } from '../functions/healthz/handler.ts';
import { createListBuilds } from '../functions/list-builds/handler.ts';
import { createMetrics } from '../functions/metrics/handler.ts';
import { createOpenapi } from '../functions/openapi/handler.ts';
import { createProtectedResource } from '../functions/openapi/protected-resource.ts';
import { createQuota } from '../functions/quota/handler.ts';
import { createStartBuild } from '../functions/start-build/handler.ts';
import { createWhoami } from '../functions/whoami/handler.ts';
import { eventAuthenticateFromSettings, eventAuthSettings } from '../lib/auth/event-tokens.ts';
import { authenticateFromSettings, authSettings } from '../lib/auth/from-settings.ts';
import { metricsAuthenticateFromSettings, metricsAuthSettings } from '../lib/auth/metrics-tokens.ts';
import { buildsFromSettings, buildsSettings } from '../lib/builds/from-settings.ts';
import { readSettings } from '../lib/config/settings.ts';
import { createEventApp } from '../lib/events/app.ts';
import { createBehindReporter } from '../lib/events/ledger-behind.ts';
import { createApp } from '../lib/http/app.ts';
import type { Handler, Listener } from '../lib/http/types.ts';
import type { Log } from '../lib/log.ts';
import { archiverFromSettings, archiverSettings, logsFromSettings, logsSettings } from '../lib/logs/from-settings.ts';
import { registryFromSettings, registrySettings } from '../lib/registry/from-settings.ts';
import { storageForStart, storageInTime } from '../lib/registry/storage.ts';
import { sourceFromSettings, sourceSettings } from '../lib/source/from-settings.ts';

const names = [
  ...authSettings,
  ...buildsSettings,
  ...registrySettings,
  ...sourceSettings,
  ...logsSettings,
  ...archiverSettings,
  'streamSelfCloseMs',
  'authResource',
  ...eventAuthSettings,
  ...metricsAuthSettings,
] as const;

export type Functions = {
  /** The whole API on one listener. */
  api: Listener;
  /** Each event function by its name. */
  events: Record<string, Listener>;
  close(): void;
};

export type FunctionsOptions = {
  /** The same settings as on a cluster. */
  environment: Record<string, string>;
  send: (event: CloudEvent<unknown>) => Promise<void>;
  log: Log;
  shutdown: AbortSignal;
};

/** As the gateway sends it to a function of its own, where other callers are known. */
const isMetrics = (url = ''): boolean => /^(\/builds)?\/v1\/metrics\/?(\?|$)/.test(url);

/** Every function of the project in one process, wired as each index.ts does for its own. */
export const createFunctions = async ({ environment, send, log, shutdown }: FunctionsOptions): Promise<Functions> => {
  const settings = readSettings(names, environment);
  const context = await buildsFromSettings(settings, log);
  const reads = { ...context, reportBehind: createBehindReporter({ send, log }) };
  const registry = registryFromSettings(settings);
  const logs = logsFromSettings(settings, context);
  const indexing = { ...logs, archiver: archiverFromSettings(settings, environment) };
  const source = sourceFromSettings(settings);
  const handlers: Record<string, Handler> = {
    'start-build': createStartBuild({
      ...context,
      source,
      image: registry.image,
      storage: storageForStart(registry),
    }),
    'list-builds': createListBuilds(reads),
    'get-build': createGetBuild(reads),
    'get-latest-build': createGetLatestBuild(reads),
    'cancel-build': createCancelBuild(context),
    'delete-build': createDeleteBuild(context),
    'get-logs': createGetLogs({ ...logs, ...reads, selfCloseMs: settings.streamSelfCloseMs, shutdown }),
    quota: createQuota({ ledger: context.ledger, storage: storageInTime(registry, 5000) }),
    'clean-images': createCleanImages(registry),
    healthz: createHealthz(context.kube),
    openapi: createOpenapi(),
    'protected-resource': createProtectedResource(settings.issuers, settings.authResource),
    whoami: createWhoami(),
  };
  const event = (name: string, handle: (event: CloudEvent<unknown>) => Promise<void>): Listener =>
    createEventApp({ authenticate: eventAuthenticateFromSettings(settings, name, context.kube), handle, log });
  const api = createApp({ handlers, authenticate: authenticateFromSettings(settings, log), log });
  const metrics = createApp({
    handlers: { metrics: createMetrics(context) },
    authenticate: metricsAuthenticateFromSettings(settings, context.kube),
    log,
  });
  return {
    api: (req, res) => (isMetrics(req.url) ? metrics : api)(req, res),
    events: {
      // Tekton can't prove who it is; what it sends is only a hint to look.
      'accept-tekton': createEventApp({
        authenticate: async () => {},
        handle: createAcceptTekton({ kube: context.kube, send }),
        log,
      }),
      'finish-build': event('finish-build', createFinishBuild(context)),
      'archive-logs': event('archive-logs', createArchiveLogs(indexing)),
      sweep: event('sweep', createSweep({ ...indexing, keepKeys: async () => undefined })),
    },
    close: context.kube.close,
  };
};
