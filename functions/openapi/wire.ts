import { createAuthenticate } from '../../lib/auth/authenticate.ts';
import type { EndpointWire } from '../../lib/http/app.ts';
import { createOpenapi } from './handler.ts';
import { createProtectedResource } from './protected-resource.ts';

export const settingNames = ['issuers', 'authResource'] as const;

export const wire: EndpointWire<typeof settingNames> = async ({ issuers, authResource }) => {
  const handlers = { openapi: createOpenapi(), 'protected-resource': createProtectedResource(issuers, authResource) };
  return { handlers, authenticate: createAuthenticate([]) };
};
