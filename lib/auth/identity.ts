import { ApiError } from '../errors/index.ts';

/** Who calls, how that was proved, and for which tools they may act. */
export type Identity = {
  /** For the log: issuer and subject, or the certificate's name. */
  subject: string;
  proof: 'token' | 'gateway' | 'none';
  tools: readonly string[];
  /** @throws ApiError 403 `forbidden` */
  assertTool(tool: string): void;
};

export const identity = (subject: string, proof: Identity['proof'], tools: readonly string[]): Identity => ({
  subject,
  proof,
  tools,
  assertTool: (tool) => {
    if (tools.includes(tool)) return;
    throw new ApiError(403, 'forbidden', `You may not act for the tool ${tool}. Sign in as one of its maintainers.`);
  },
});

/** For the paths that need no authentication. */
export const anonymous = identity('anonymous', 'none', []);
