import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';

const style =
  ':root{color-scheme:light dark;font-family:sans-serif}body{max-width:32rem;margin:2rem auto;padding:0 1rem;line-height:1.5}label{display:block;margin-top:1rem;font-weight:bold}input{font:inherit;width:100%;box-sizing:border-box;padding:.4rem}button{font:inherit;margin:1rem .5rem 0 0;padding:.4rem 1rem}.error{color:#b32424;color:light-dark(#b32424,#fd7865)}';

const styleHash = createHash('sha256').update(style).digest('base64');

/**
 * Headers of the pages. A browser also follows the redirect after a form only to an address that form-action allows: to
 * the page, or to the command line's own server on this machine.
 */
const headers = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self' http://127.0.0.1:* http://localhost:*; base-uri 'none'; frame-ancestors 'none'`,
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

const documentOf = (content: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sign in on this machine</title><style>${style}</style><body><main>${content}</main></body></html>\n`;

/** Returns a page of the local sign-in. @param content the page's markup, in which all texts are escaped */
export const signInDocument = (content: string): { headers: Record<string, string>; body: string } => ({
  headers,
  body: documentOf(`<h1>Sign in on this machine</h1>${content}`),
});

export const sendPage = (res: ServerResponse, status: number, content: string): void => {
  const { body, headers: all } = signInDocument(content);
  res.writeHead(status, { ...all, 'content-length': Buffer.byteLength(body) }).end(body);
};

export type ConsentPage = {
  /** Address to which the form is sent. */
  action: string;
  /** Name of the client that signs in: the web page, or the command line. */
  client: string;
  /** Tools in the form, as the person has typed them. */
  tools: string;
  /** Sentence about what is wrong with the form. */
  problem?: string;
};

/** Returns the form by which a person signs in, and allows a client to act for tools. */
export const consentForm = ({ action, client, tools, problem }: ConsentPage): string => `
<p>This sign-in belongs to the build service that runs on this machine. It has no accounts and no passwords: you choose the tools that
you want to maintain, and prove with a code that you have started the service.</p>
<p><strong>${escapeHtml(client)}</strong> will start, see and delete builds of these tools.</p>
${problem === undefined ? '' : `<p class="error" role="alert">${escapeHtml(problem)}</p>`}
<form method="post" action="${escapeHtml(action)}">
<label for="tools">Tools, separated by commas</label><input id="tools" name="tools" value="${escapeHtml(tools)}" required>
<label for="code">Code that npm start has printed</label><input id="code" name="code" autocomplete="off" autofocus>
<button name="answer" value="allow">Sign in</button><button name="answer" value="deny" formnovalidate>Cancel</button>
</form>`;
