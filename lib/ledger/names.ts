import { createHash, randomBytes } from 'node:crypto';

/** Returns the SHA-256 of a text in hexadecimal. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Encodes bytes as lower-case letters and digits, which DNS labels allow. */
const base36 = (bytes: Buffer, length: number): string =>
  BigInt(`0x${bytes.toString('hex')}`)
    .toString(36)
    .padStart(length, '0')
    .slice(-length);

const shortened = (tool: string, length: number, separator: string): string =>
  `${tool.replaceAll('_', '-').slice(0, length).replace(/-+$/, '')}${separator}${hashOf(tool).slice(0, 8)}`;

const isDnsLabel = (name: string): boolean => name.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name);

/**
 * Returns the name of a tool's BuildLedger: the name of the tool where Kubernetes allows that name, else a shortened
 * name with a hash after a dot. No tool has a dot in its name, so two tools never share a ledger.
 */
export const ledgerName = (tool: string): string => (isDnsLabel(tool) ? tool : shortened(tool, 54, '.'));

/**
 * Returns the value of the label `user` of a run: the name of the tool, shortened with a hash where it exceeds 63
 * characters.
 */
export const toolLabel = (tool: string): string => (tool.length <= 63 ? tool : shortened(tool, 54, '.'));

/**
 * Returns the id of a build, which is the name of its run as well: `<tool>-buildpacks-pipelinerun-<suffix>`, at most
 * the 63 characters that Tekton allows. The suffix comes from the Idempotency-Key, so that a repeated start finds its
 * build. Without a key the suffix is random.
 */
export const buildId = (tool: string, keyHash?: string): string => {
  const prefix = isDnsLabel(tool) && tool.length <= 29 ? tool : shortened(tool, 20, '-');
  const suffix = keyHash ? createHash('sha256').update(`${tool}\0${keyHash}`).digest() : randomBytes(16);
  return `${prefix}-buildpacks-pipelinerun-${base36(suffix, 10)}`;
};
