import contract from '../../openapi/generated/openapi.json' with { type: 'json' };

type Operations = Record<string, { operationId: string; parameters?: object[] }>;

export type MergedDocument = {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Operations>;
  components: { schemas: Record<string, object> };
};

/**
 * Returns the part of the document that Toolforge's API gateway publishes for this service, from which other components
 * generate their clients. Only paths and schemas remain. The schema Build becomes BuildsBuild, the operation start
 * becomes builds-start, and paths begin with /builds.
 */
export const mergedDocument = (): MergedDocument => {
  const prefix = '#/components/schemas/';
  const text = JSON.stringify({ paths: contract.paths, schemas: contract.components.schemas })
    .replaceAll(prefix, `${prefix}Builds`)
    .replaceAll('"operationId":"', '"operationId":"builds-');
  const { paths, schemas } = JSON.parse(text) as Pick<MergedDocument, 'paths'> & { schemas: Record<string, object> };
  const renamed = <T>(entries: Record<string, T>, start: string): Record<string, T> =>
    Object.fromEntries(Object.entries(entries).map(([name, value]) => [start + name, value]));
  return {
    openapi: contract.openapi,
    info: { title: 'Toolforge', version: '1' },
    paths: renamed(paths, '/builds'),
    components: { schemas: renamed(schemas, 'Builds') },
  };
};
