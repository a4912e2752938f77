import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import { readBody } from '../../lib/http/body.ts';
import { assertOwnSite } from '../../lib/http/cross-site.ts';
import { isOneOf } from '../../lib/secret-check.ts';
import { isTool } from '../../lib/tool-name.ts';
import { consentForm, sendPage } from './consent-page.ts';
import { account, apiScopes, clients, resource } from './provider.ts';

export type InteractionOptions = {
  provider: Provider;
  /** The code that proves that a person has started the platform. */
  code: string;
  /** Receives the tools of each sign-in, by the id of its grant. */
  tools: Map<string, readonly string[]>;
};

/** Limits of the form: the largest body in bytes, the time for it in milliseconds, and the number of tools. */
const limits = { maxBytes: 16 * 1024, timeoutMs: 10_000 };
const maxTools = 50;

type Form = { tools: string; code: string; isDenied: boolean };

const readForm = async (req: IncomingMessage, res: ServerResponse): Promise<Form> => {
  const fields = new URLSearchParams((await readBody(req, res, limits)).toString('utf8'));
  return {
    tools: fields.get('tools') ?? '',
    code: fields.get('code') ?? '',
    isDenied: fields.get('answer') === 'deny',
  };
};

const toolsIn = (text: string): string[] => [...new Set(text.split(/[\s,]+/).filter(Boolean))];

/** Says what is wrong with a form. Undefined for a form that signs in. */
const problemOf = ({ tools: text, code }: Form, expected: string): string | undefined => {
  // The code is copied from a terminal, with spaces or in small letters too.
  if (!isOneOf(code.trim().toUpperCase(), [expected]))
    return 'The code is wrong. Copy the code that npm start has printed.';
  const tools = toolsIn(text);
  const wrong = tools.find((tool) => !isTool(tool));
  if (wrong !== undefined)
    return `${wrong} is no name of a tool: a name has a-z, 0-9, - and _, and begins with a letter.`;
  return tools.length === 0 || tools.length > maxTools ? `Name 1 to ${maxTools} tools.` : undefined;
};

/** Signs the person in for a client, as maintainer of tools. @returns the address of the next page */
const finish = async (
  req: IncomingMessage,
  res: ServerResponse,
  { provider, tools: toolsOfGrants }: InteractionOptions,
  client: string,
  tools: readonly string[],
): Promise<string> => {
  const grant = new provider.Grant({ accountId: account, clientId: client });
  grant.addOIDCScope('openid offline_access');
  grant.addResourceScope(resource, apiScopes);
  const grantId = await grant.save();
  toolsOfGrants.set(grantId, tools);
  return provider.interactionResult(req, res, { login: { accountId: account }, consent: { grantId } });
};

const leadTo = (res: ServerResponse, location: string): void =>
  void res.writeHead(303, { location, 'cache-control': 'no-store', 'content-length': 0 }).end();

/**
 * Shows the form of the local sign-in, and receives it. Security: another site can't send the form for a person, because
 * a browser says that the request is from another site, and because the site does not know the code.
 */
export const interact = async (
  options: InteractionOptions,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> => {
  const { provider, code } = options;
  const { params, uid } = await provider.interactionDetails(req, res);
  const client = String(params.client_id);
  const page = {
    action: `/issuer/interaction/${uid}`,
    client: clients[client as keyof typeof clients] ?? client,
    tools: 'mytool',
  };
  if (req.method !== 'POST') return sendPage(res, 200, consentForm(page));
  assertOwnSite(req.headers);
  const form = await readForm(req, res);
  if (form.isDenied) return leadTo(res, await provider.interactionResult(req, res, { error: 'access_denied' }));
  const problem = problemOf(form, code);
  if (problem !== undefined) return sendPage(res, 400, consentForm({ ...page, tools: form.tools, problem }));
  leadTo(res, await finish(req, res, options, client, toolsIn(form.tools)));
};
