import { textAt } from '../../lib/kube/kubeconfig-file.ts';
import { EXIT, Failure } from '../failure.ts';
import type { Exchange, Reply } from './exchange.ts';
import type { Issuer } from './issuer.ts';
import { refused, type Session, sessionFrom } from './tokens.ts';

export type DeviceOptions = {
  exchange: Exchange;
  /** Says where to go and what to enter there. */
  show: (url: string, code: string) => void;
  sleep: (milliseconds: number) => Promise<void>;
  now: () => number;
};

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

const expired = (): Failure =>
  new Failure(EXIT.notAllowed, 'Nobody signed in while the code was valid.', { hint: 'Try again.' });

type Code = { device: string; seconds: number; until: number };

async function askCode(issuer: Issuer, { exchange, show, now }: DeviceOptions): Promise<Code> {
  if (!issuer.deviceEndpoint) {
    throw new Failure(EXIT.usage, `${issuer.issuer} can't sign you in without a browser on this machine.`, {
      hint: 'Sign in elsewhere, and set TOOLFORGE_TOKEN here to what `toolforge-build token` prints there.',
    });
  }
  const form = { client_id: issuer.clientId, scope: issuer.scope, resource: issuer.resource };
  const { status, json } = await exchange(issuer.deviceEndpoint, form);
  const [device, user, uri] = ['device_code', 'user_code', 'verification_uri'].map((key) => textAt(json, key));
  if (status !== 200 || !device || !user || !uri) throw refused(issuer.issuer, json);
  show(textAt(json, 'verification_uri_complete') ?? uri, user);
  const lasts = typeof json.expires_in === 'number' ? json.expires_in : 300;
  return { device, seconds: typeof json.interval === 'number' ? json.interval : 5, until: now() + lasts * 1000 };
}

/** How many seconds to wait longer; undefined when there is nothing to wait for. */
const patience = ({ status, json }: Reply): number | undefined => {
  if (json.error === 'authorization_pending') return 0;
  return json.error === 'slow_down' || status >= 500 ? 5 : undefined;
};

/** The device authorization grant: the browser may be on any machine. @see https://www.rfc-editor.org/rfc/rfc8628 */
export async function signInByDevice(issuer: Issuer, options: DeviceOptions): Promise<Session> {
  const { exchange, sleep, now } = options;
  const code = await askCode(issuer, options);
  const form = { grant_type: GRANT, device_code: code.device, client_id: issuer.clientId };
  for (let { seconds } = code; now() < code.until; ) {
    await sleep(seconds * 1000);
    const reply = await exchange(issuer.tokenEndpoint, form);
    if (reply.status === 200) return sessionFrom(issuer, reply.json, now());
    const more = patience(reply);
    if (more === undefined) throw reply.json.error === 'expired_token' ? expired() : refused(issuer.issuer, reply.json);
    seconds += more;
  }
  throw expired();
}
