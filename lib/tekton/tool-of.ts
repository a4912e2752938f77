import type { KubeObject } from '../kube/resources.ts';
import { idMiddle } from '../ledger/names.ts';
import { isTool } from '../tool-name.ts';
import { runLabel, toolAnnotation, toolLabelName } from './run.ts';

type Named = Pick<KubeObject, 'metadata'>;

/** Prefix of the annotations of this service. An object with one of them was not made by builds-api. */
const ownPrefix = toolAnnotation.slice(0, toolAnnotation.indexOf('/') + 1);

const hasOwnAnnotation = ({ metadata: { annotations = {} } }: Named): boolean =>
  Object.keys(annotations).some((name) => name.startsWith(ownPrefix));

/** Limit for what Kubernetes keeps of a generateName, in characters. */
const maxGeneratedPrefix = 58;

/** The random end of a name that Kubernetes generates. */
const generatedSuffix = /^[a-z0-9]{5}$/;

const isGeneratedFor = (tool: string, name: string): boolean => {
  const prefix = `${tool}${idMiddle}`.slice(0, maxGeneratedPrefix);
  return name.startsWith(prefix) && generatedSuffix.test(name.slice(prefix.length));
};

/**
 * Returns the tool whose build builds-api 2 runs by a PipelineRun, from the run or from its TaskRun or pod. Such an
 * object has the tool's name as the value of a label, has none of this service's annotations, and the name of its run was
 * generated from the tool's name. Undefined for any other object: a label alone does not give a run to a tool.
 */
export const buildsApiToolOf = (object: Named): string | undefined => {
  const { name, labels = {} } = object.metadata;
  const tool = labels[toolLabelName];
  if (!isTool(tool) || hasOwnAnnotation(object)) return undefined;
  return isGeneratedFor(tool, labels[runLabel] ?? name) ? tool : undefined;
};

/** Returns the tool that a run, TaskRun, Job or pod belongs to. Undefined for an object that belongs to no build. */
export const toolOf = (object: Named): string | undefined =>
  object.metadata.annotations?.[toolAnnotation] ?? buildsApiToolOf(object);
