type Reference = { $ref: string };

type Parameter = {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: Record<string, unknown>;
};

type OperationObject = {
  operationId: string;
  'x-function'?: string;
  security?: Record<string, string[]>[];
  parameters?: (Parameter | Reference)[];
};

export type Document = {
  info: { version: string };
  paths: Record<string, Record<string, unknown> & { parameters?: (Parameter | Reference)[] }>;
  components: { schemas: Record<string, object>; parameters: Record<string, Parameter> };
};

export type Operation = {
  id: string;
  fn: string;
  method: string;
  path: string;
  open: boolean;
  /** Scope that a caller needs to use the operation for a tool. Undefined when the operation needs no scope. */
  scope: string | undefined;
  parameters: Parameter[];
};

const methods = ['get', 'post', 'put', 'delete', 'patch'];

const parameterOf =
  (document: Document) =>
  (parameter: Parameter | Reference): Parameter => {
    if (!('$ref' in parameter)) return parameter;
    const found = document.components.parameters[parameter.$ref.split('/').at(-1) ?? ''];
    if (!found) throw new Error(`unknown parameter ${parameter.$ref}`);
    return found;
  };

/** Returns every operation of the OpenAPI document, in the document's order. */
export const operations = (document: Document): Operation[] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    methods
      .filter((method) => method in item)
      .map((method) => {
        const operation = item[method] as OperationObject;
        return {
          id: operation.operationId,
          fn: operation['x-function'] ?? operation.operationId,
          method: method.toUpperCase(),
          path,
          open: operation.security?.length === 0,
          scope: operation.security?.find(({ token }) => token)?.token?.[0],
          parameters: [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(parameterOf(document)),
        };
      }),
  );
