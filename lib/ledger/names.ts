import { createHash, randomBytes } from 'node:crypto';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Lower-case letters and digits, as DNS labels allow. */
const base36 = (bytes: Buffer, length: number): string =>
  BigInt(`0x${bytes.toString('hex')}`)
    .toString(36)
    .padStart(length, '0')
    .slice(-length);

const shortened = (tool: string, length: number, separator: string): string =>
  `${tool.replaceAll('_', '-').slice(0, length).replace(/-+$/, '')}${separator}${sha256(tool).slice(0, 8)}`;

const isDnsLabel = (name: string): boolean => name.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name);

/**
 * The name of the tool's BuildLedger: the tool's own where Kubernetes takes it. Others get a hash behind a dot, which
 * no tool's name can hold, so two tools never share a ledger.
 */
export const ledgerName = (tool: string): string => (isDnsLabel(tool) ? tool : shortened(tool, 54, '.'));

/** The value of the `user` label: the tool's name, or hashed like the ledger's where it is over 63 characters. */
export const toolLabel = (tool: string): string => (tool.length <= 63 ? tool : shortened(tool, 54, '.'));

/**
 * A build's id and its run's name, in today's form <tool>-buildpacks-pipelinerun-<suffix>, at most 63 characters as
 * Tekton demands. Made from the key where there is one, so that a repeat finds itself; random otherwise.
 */
export const buildId = (tool: string, keyHash?: string): string => {
  const prefix = isDnsLabel(tool) && tool.length <= 29 ? tool : shortened(tool, 20, '-');
  const suffix = keyHash ? createHash('sha256').update(`${tool}\0${keyHash}`).digest() : randomBytes(16);
  return `${prefix}-buildpacks-pipelinerun-${base36(suffix, 10)}`;
};

export const hashOf = sha256;
