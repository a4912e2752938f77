import { createHash, randomBytes } from 'node:crypto';
import { shortHashLength, shortHashOf } from '../hash.ts';

/** Encodes bytes as lower-case letters and digits, which DNS labels allow. */
const base36 = (bytes: Buffer, length: number): string =>
  BigInt(`0x${bytes.toString('hex')}`)
    .toString(36)
    .padStart(length, '0')
    .slice(-length);

const maxLabelLength = 63;
const keptLength = maxLabelLength - shortHashLength - 1;

/** Limit for the value of a label, and how many characters of a longer tool's name are left before its hash. */
export const labelLength = { longest: maxLabelLength, kept: keptLength };

/** Returns the start of a tool's name as part of a DNS label, which does not end with a dash. */
const startOf = (tool: string, length: number): string => tool.replaceAll('_', '-').slice(0, length).replace(/-+$/, '');

/**
 * Returns the start of a tool's name and a hash of the whole name. No tool has a dot in its name, so no tool's name can
 * spell a shortened name.
 */
const shortened = (tool: string): string => `${startOf(tool, keptLength)}.${shortHashOf(tool)}`;

const isDnsLabel = (name: string): boolean =>
  name.length <= maxLabelLength && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name);

/**
 * Returns the name of a tool's BuildLedger: the name of the tool where Kubernetes allows that name, else a shortened
 * name with a hash. Security: two tools never share a ledger, nor the archived logs, whose keys begin with this name.
 */
export const ledgerName = (tool: string): string => (isDnsLabel(tool) ? tool : shortened(tool));

/**
 * Returns the value of the label `user` of a run: the name of the tool, shortened with a hash where it exceeds 63
 * characters. Two tools never have the same label.
 */
export const toolLabel = (tool: string): string => (tool.length <= maxLabelLength ? tool : shortened(tool));

/** Text between the tool and the suffix in the id of a build, as in builds-api 2. */
export const idMiddle = '-buildpacks-pipelinerun-';
const suffixLength = 10;
/** Length of the suffix where the id does not hold the tool's whole name: 25 characters hold 128 bits. */
const longSuffixLength = 25;
const maxIdLength = 63;
const maxWholeToolLength = maxIdLength - idMiddle.length - suffixLength;
/** A tool's name begins with a letter, so no tool's name can spell an id that begins with a digit. */
const shortenedMark = '0-';
const keptIdLength = maxIdLength - shortenedMark.length - idMiddle.length - longSuffixLength;

/**
 * Returns the id of a build, which is the name of its run as well: `<tool>-buildpacks-pipelinerun-<suffix>`, at most
 * the 63 characters that Tekton allows. The suffix comes from the Idempotency-Key, so that a repeated start finds its
 * build. Without a key the suffix is random. An id that has no room for the tool's name, or can't hold its underscores,
 * has a start of the name and a longer suffix. Security: two tools never have the same id, because the run of an id is
 * cancelled and deleted by its name.
 */
export const buildId = (tool: string, keyHash?: string): string => {
  const suffix = keyHash ? createHash('sha256').update(`${tool}\0${keyHash}`).digest() : randomBytes(20);
  return isDnsLabel(tool) && tool.length <= maxWholeToolLength
    ? `${tool}${idMiddle}${base36(suffix, suffixLength)}`
    : `${shortenedMark}${startOf(tool, keptIdLength)}${idMiddle}${base36(suffix, longSuffixLength)}`;
};
