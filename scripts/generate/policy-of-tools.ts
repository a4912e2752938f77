/**
 * These rules bind a run to one tool: the run has the tool's label, and an image in the tool's own project. CEL makes
 * the names from the tool in the run's annotation, by the tables with which lib/registry/names.ts and
 * lib/ledger/names.ts make them. CEL has no hashes, so the hash at the end of a long tool's name is compared by its form.
 */
import { shortHashLength } from '../../lib/hash.ts';
import { labelLength } from '../../lib/ledger/names.ts';
import { component, fillings, imageTag, projectLength } from '../../lib/registry/names.ts';
import { appImageParameter, toolAnnotation, toolLabelName } from '../../lib/tekton/run.ts';
import { toolName } from '../../lib/tool-name.ts';
import { cel } from './cel.ts';
import type { Rule } from './policy.ts';
import { settingText } from './setting-values.ts';

const hash = `[0-9a-f]{${shortHashLength}}`;
const image = `${component}:${imageTag}`;

const registryUrl = `url(${settingText('registryUrl')})`;

/** Ports that a URL leaves out, each after its scheme. The host in names of images has no such port either. */
const usualPorts = ['http:80', 'https:443'];

/** The host of the registry's URL, as `URL.host` of JavaScript gives it. */
const hostOfUrl = `(${registryUrl}.getScheme() + ":" + ${registryUrl}.getPort() in ${cel(usualPorts)} ? ${registryUrl}.getHostname() : ${registryUrl}.getHost()).lowerAscii()`;

/** CEL expressions that several rules of the policy of runs use, by the names of their variables. */
export const toolVariables: Readonly<Record<string, string>> = {
  tool: `object.metadata[?"annotations"][?${cel(toolAnnotation)}].orValue("")`,
  registry: `${settingText('registryHost')} != "" ? ${settingText('registryHost')} : ${hostOfUrl}`,
  // The name of the tool's project before it is shortened.
  project: `("tool-" + variables.tool)${fillings.map(([pair, filled]) => `.replace(${cel(pair)}, ${cel(filled)})`).join('')}`,
};

const label = `object.metadata[?"labels"][?${cel(toolLabelName)}].orValue("")`;

/** The start that is left of the name of a long tool's project, without the separators at its end. */
const startOfProject = `variables.project.substring(0, ${projectLength.kept}).find("^.*[^-_.]")`;

/** Returns the CEL expression for "the text is this start, and then matches the pattern to its end". */
const isFollowedBy = (text: string, start: string, pattern: string): string =>
  `${text}.startsWith(${start}) && ${text}.substring((${start}).size()).matches(${cel(`^${pattern}$`)})`;

/** Returns the CEL expression for "the text is the shortened name of the tool", as lib/ledger/names.ts makes that name. */
export const isShortened = (text: string, tool: string): string => {
  const kept = `(${tool}.size() > ${labelLength.kept} ? ${tool}.substring(0, ${labelLength.kept}) : ${tool})`;
  return isFollowedBy(text, `${kept}.replace("_", "-").find("^.*[^-]") + "."`, hash);
};

/** Returns the CEL expression for "the text is the name of a tool". */
export const isTool = (text: string): string => `${text}.matches(${cel(`^${toolName}$`)})`;

const isImageOfTool = [
  `variables.project.size() <= ${projectLength.longest}`,
  `? ${isFollowedBy('item.value', 'variables.registry + "/" + variables.project + "/"', image)}`,
  `: ${isFollowedBy('item.value', `variables.registry + "/" + ${startOfProject} + "."`, `${hash}/${image}`)}`,
].join(' ');

/** The rules that bind the label and the image of a run to the tool in its annotation. They use `toolVariables`. */
export const toolRules: readonly Rule[] = [
  {
    expression: isTool('variables.tool'),
    message: `A run must have the name of its tool in the annotation ${toolAnnotation}.`,
  },
  {
    expression: `variables.tool.size() <= ${labelLength.longest} ? ${label} == variables.tool : ${isShortened(label, 'variables.tool')}`,
    message: `The label ${toolLabelName} of a run must be that of the tool in the annotation ${toolAnnotation}.`,
  },
  {
    expression: `object.spec.params.all(item, item.name != ${cel(appImageParameter)} || (${isImageOfTool}))`,
    message: `A run must push an image of its own tool, in the registry of the settings and with the tag ${imageTag}.`,
  },
];
