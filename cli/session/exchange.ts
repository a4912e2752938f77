import type { IncomingMessage } from 'node:http';
import { isSection, type Section } from '../../lib/kube/kubeconfig-file.ts';
import { EXIT, Failure } from '../failure.ts';
import { networkFailure } from '../network-errors.ts';
import type { Tls } from '../settings.ts';

export type Reply = { status: number; json: Section };

/** Asks a URL for JSON; with a form, posts it. No redirects: tokens go where they were meant for. */
export type Exchange = (url: string, form?: Record<string, string>) => Promise<Reply>;

/** Milliseconds for the whole of an answer: less than others wait for who asks under the lock. */
const ANSWER_TIME = 15_000;

async function readJson(answer: IncomingMessage): Promise<Section> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return isSection(value) ? value : {};
  } catch {
    return {};
  }
}

const timeout = () => Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });

/**
 * @param tls whom to trust, and no certificate of our own
 * @param answerTime milliseconds
 */
export const createExchange =
  (tls: Pick<Tls, 'ca' | 'verify'>, answerTime: number = ANSWER_TIME): Exchange =>
  async (address, form) => {
    const url = new URL(address);
    const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
    const body = form && new URLSearchParams(form).toString();
    const headers = {
      accept: 'application/json',
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) }),
    };
    const trust = { ...(tls.verify ? { ca: tls.ca } : {}), rejectUnauthorized: tls.verify };
    const signal = AbortSignal.timeout(answerTime);
    try {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        const method = body === undefined ? 'GET' : 'POST';
        const sent = request(url, { method, headers, agent: false, signal, ...trust });
        sent.once('response', resolve).on('error', reject).end(body);
      });
      return { status: answer.statusCode ?? 0, json: await readJson(answer) };
    } catch (error) {
      throw networkFailure(signal.aborted ? timeout() : error, url);
    }
  };

/** @throws Failure unless the answer is 200 */
export async function askFor(exchange: Exchange, url: string, what: string): Promise<Section> {
  const { status, json } = await exchange(url);
  if (status === 200) return json;
  throw new Failure(EXIT.unavailable, `${url} does not say ${what}: it answered with HTTP status ${status}.`);
}
