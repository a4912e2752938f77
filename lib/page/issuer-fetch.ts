import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import type { CustomFetch } from 'openid-client';
import { readBounded } from '../bounded-body.ts';

/** Time limit for a request to the issuer in milliseconds, with its response. */
const timeoutMs = 10_000;

/** Limit for the body of an issuer's response in bytes: 1 MiB. */
const maxBytes = 1024 * 1024;

/** Statuses for which the class Response accepts no body. */
const bodiless = new Set([204, 205, 304]);

const toResponse = async (message: http.IncomingMessage): Promise<Response> => {
  const body = await readBounded(message, maxBytes);
  const status = message.statusCode ?? 0;
  const type = message.headers['content-type'];
  return new Response(bodiless.has(status) ? null : new Uint8Array(body), {
    status,
    headers: type === undefined ? {} : { 'content-type': type },
  });
};

/**
 * Returns a `fetch` for the requests of openid-client that trusts the certificate authority of an issuer. A redirect is
 * not followed.
 * @param caFile PEM file of the authority, read for each request. Default: the public authorities
 */
export const createIssuerFetch =
  (caFile: string | undefined): CustomFetch =>
  async (address, { method, headers, body }) => {
    const text = body ? String(body) : undefined;
    const options: https.RequestOptions = {
      method,
      headers: { ...headers, ...(text === undefined ? {} : { 'content-length': String(Buffer.byteLength(text)) }) },
      ...(caFile ? { ca: await readFile(caFile) } : {}),
      signal: AbortSignal.timeout(timeoutMs),
    };
    const message = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const { request } = address.startsWith('https:') ? https : http;
      request(address, options, resolve).on('error', reject).end(text);
    });
    return toResponse(message);
  };
