import type { Order } from './order.ts';

/** The facts of a buildpack in buildpack.toml. */
export type BuildpackFacts = {
  id: string;
  version: string;
  name?: string;
  homepage?: string;
  api: string;
  targets?: unknown[];
  order?: Order;
};

/** A buildpack in its own layer of an image, and the digest of the unpacked layer. */
export type LayeredBuildpack = BuildpackFacts & { diffId: string };

/** Labels in which the command pack and other platforms read a builder's buildpacks, their order and its lifecycle's APIs. */
export const builderLabels = {
  metadata: 'io.buildpacks.builder.metadata',
  layers: 'io.buildpacks.buildpack.layers',
  order: 'io.buildpacks.buildpack.order',
  apis: 'io.buildpacks.lifecycle.apis',
} as const;

type Metadata = { buildpacks?: { id: string; version: string }[] | null };
type Layers = Record<string, Record<string, object>>;

const addToMetadata = (metadata: Metadata, added: LayeredBuildpack[]): Metadata => {
  const kept = (metadata.buildpacks ?? []).filter(
    (one) => !added.some(({ id, version }) => id === one.id && version === one.version),
  );
  const entries = added.map(({ id, version, name, homepage }) => ({ id, version, name, homepage }));
  return { ...metadata, buildpacks: [...kept, ...entries] };
};

const addToLayers = (layers: Layers, added: LayeredBuildpack[]): Layers => {
  const entries = added.map(({ id, version, diffId, ...rest }) => [
    id,
    { ...layers[id], [version]: { ...rest, layerDiffID: diffId } },
  ]);
  return { ...layers, ...Object.fromEntries(entries) };
};

/**
 * Returns the labels of a builder that tell its buildpacks and its order, with some more buildpacks and another order. A
 * label that the builder does not have is not made.
 * @throws Error where a label is not JSON
 */
export const extendLabels = (
  labels: Readonly<Record<string, string>>,
  order: Order,
  added: LayeredBuildpack[],
): Record<string, string> => {
  const changes: Record<string, (value: never) => unknown> = {
    [builderLabels.metadata]: (value: Metadata) => addToMetadata(value, added),
    [builderLabels.layers]: (value: Layers) => addToLayers(value, added),
    [builderLabels.order]: () => order,
  };
  const changed = Object.entries(changes).flatMap(([name, change]) => {
    const text = labels[name];
    return text === undefined ? [] : [[name, JSON.stringify(change(parseLabel(name, text) as never))]];
  });
  return Object.fromEntries(changed);
};

/** Returns the value of a label. @throws Error where the label is not a list or an object in JSON */
export const parseLabel = (name: string, text: string): object => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {}
  throw new Error(`The label ${name} of the image is not a list or an object in JSON, so the image is no builder.`);
};
