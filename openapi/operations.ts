import { load } from 'js-yaml';

type Parameter = {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: Record<string, unknown>;
};

type OperationObject = {
  operationId: string;
  'x-scope'?: string;
  security?: object[];
  parameters?: Parameter[];
  requestBody?: { content: { 'application/json': { schema: object } } };
};

export type Document = {
  info: { version: string };
  paths: Record<string, Record<string, unknown>>;
  components: { schemas: Record<string, object> };
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
  /** Schema of the request's body in JSON. Undefined when the operation takes no body. */
  body: object | undefined;
};

const methods = ['get', 'post', 'put', 'delete', 'patch'];

/**
 * Parses openapi/openapi.yaml. The parts that several operations share (`x-shared`) stand in each of these operations,
 * and are no field of the document.
 */
export const parseDocument = (yaml: string): Document => {
  const { 'x-shared': _, ...document } = load(yaml) as Document & { 'x-shared': unknown };
  return document;
};

/**
 * Checks that callers need a scope for an operation on a tool. Security: without a scope, the caller of one tool could use
 * the operation for any other tool.
 */
const checkScope = ({ id, path, scope }: Operation): void => {
  if (path.includes('{toolname}') && scope === undefined)
    throw new Error(`Operation ${id} acts on a tool: say in x-scope which scope its callers need.`);
};

const operationOf = (path: string, method: string, object: OperationObject, fn: string): Operation => {
  const { operationId, security, parameters, requestBody } = object;
  const operation = {
    id: operationId,
    fn,
    method: method.toUpperCase(),
    path,
    open: security?.length === 0,
    scope: object['x-scope'],
    parameters: parameters ?? [],
    body: requestBody?.content['application/json'].schema,
  };
  checkScope(operation);
  return operation;
};

/**
 * Returns every operation of the OpenAPI document, in the document's order.
 * @param functionOf returns the name of the function that serves an operation
 * @throws Error for an operation on a tool that needs no scope
 */
export const operations = (document: Document, functionOf: (id: string) => string): Operation[] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    methods
      .filter((method) => method in item)
      .map((method) => {
        const object = item[method] as OperationObject;
        return operationOf(path, method, object, functionOf(object.operationId));
      }),
  );
