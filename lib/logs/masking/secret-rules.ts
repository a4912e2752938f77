import { positions } from './rules/arguments.ts';
import { assignments } from './rules/assignments.ts';
import { calls } from './rules/calls.ts';
import { clients } from './rules/clients.ts';
import { commands } from './rules/commands.ts';
import { dumps } from './rules/dumps.ts';
import { encoded } from './rules/encoded.ts';
import { headers } from './rules/headers.ts';
import { isRandom } from './rules/judge.ts';
import { keys } from './rules/keys.ts';
import { languages } from './rules/languages.ts';
import { markup } from './rules/markup.ts';
import { phrases } from './rules/phrases.ts';
import { prose } from './rules/prose.ts';
import { protocols } from './rules/protocols.ts';
import type { SecretRule } from './rules/secret-rule.ts';
import { servers } from './rules/servers.ts';
import { services } from './rules/services.ts';
import { settings } from './rules/settings.ts';
import { tables } from './rules/tables.ts';
import { tokens } from './rules/tokens.ts';
import { urls } from './rules/urls.ts';
import { wikimedia } from './rules/wikimedia.ts';

/** Rule for a private key in one line. Keys of several lines are masked by pem.ts. */
const privateKey: SecretRule = {
  name: 'private key in one line',
  keywords: ['private key'],
  pattern:
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?:(?!-----END )[\s\S])*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/dg,
  masked: [`KEY="‹${'-----BEGIN'} PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE KEY-----›\\n"`],
  left: ['-----BEGIN CERTIFICATE-----', 'private key: not found'],
};

/**
 * Rules for the rest of a word that is masked in part. The mask for private keys comes first and masks base64 text, which
 * can be the middle of a token.
 */
const partlyMasked: readonly SecretRule[] = [
  {
    name: 'rest of a word after [masked]',
    keywords: ['[masked]'],
    pattern: /\[masked\]([A-Za-z0-9_-]{3,})/dg,
    masked: ['glsa_[masked]‹_c6ea9343›'],
    left: ['key [masked] is shown', '"[masked]\\n",'],
  },
  {
    name: 'beginning of a word before [masked]',
    keywords: ['[masked]'],
    pattern: /(?<![\w-])([A-Za-z0-9_-]{3,100})\[masked\]/dg,
    accept: isRandom,
    masked: ['‹eyJhbGci0_›[masked]'],
    left: ['#7 0.1 [masked]', 'token=[masked]'],
  },
];

/** All rules for secrets that are recognised by their form or by the text around them. */
export const secretRules: readonly SecretRule[] = [
  ...tokens,
  ...encoded,
  ...headers,
  ...urls,
  ...assignments,
  ...prose,
  ...phrases,
  ...calls,
  ...services,
  ...languages,
  ...tables,
  ...dumps,
  ...markup,
  ...commands,
  ...clients,
  ...positions,
  ...settings,
  ...servers,
  ...protocols,
  ...keys,
  ...wikimedia,
  privateKey,
  ...partlyMasked,
];
