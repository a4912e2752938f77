import { eventAuthenticateFromSettings, eventAuthSettings } from '../../lib/auth/event-tokens.ts';
import { creatingBuildsFromSettings, requestingBuildsSettings } from '../../lib/builds/from-settings.ts';
import type { EventWire } from '../../lib/events/app.ts';
import { createFinishBuild } from './handler.ts';

export const settingNames = [...requestingBuildsSettings, ...eventAuthSettings] as const;

export const wire: EventWire<typeof settingNames> = async (settings, { log }) => {
  const builds = await creatingBuildsFromSettings(settings, log);
  const authenticate = eventAuthenticateFromSettings(settings, 'finish-build', builds.kube);
  return { handle: createFinishBuild(builds), authenticate, close: builds.kube.close };
};
