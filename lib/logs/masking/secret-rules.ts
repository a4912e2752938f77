import { positions } from './rules/arguments.ts';
import { assignments } from './rules/assignments.ts';
import { commands } from './rules/commands.ts';
import { encoded } from './rules/encoded.ts';
import { headers } from './rules/headers.ts';
import { markup } from './rules/markup.ts';
import type { SecretRule } from './rules/secret-rule.ts';
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

/** All rules for secrets that are recognised by their form or by the text around them. */
export const secretRules: readonly SecretRule[] = [
  ...tokens,
  ...encoded,
  ...headers,
  ...urls,
  ...assignments,
  ...markup,
  ...commands,
  ...positions,
  ...wikimedia,
  privateKey,
];
