/** Makes the files in openapi/generated from the contract openapi/openapi.yaml. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import { compile } from 'json-schema-to-typescript';
import { type Document, type Operation, operations } from './operations.ts';

const notice = 'Made by npm run generate from openapi/openapi.yaml. Do not edit.';

const inlineRefs = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll('#/components/schemas/', '#/$defs/'));

const types = async (document: Document): Promise<string> => {
  const schemas = document.components.schemas;
  const root = { title: 'Contract', type: 'object', properties: {}, additionalProperties: false, $defs: schemas };
  const properties = Object.fromEntries(Object.keys(schemas).map((name) => [name, { $ref: `#/$defs/${name}` }]));
  const schema = inlineRefs({ ...root, properties }) as Parameters<typeof compile>[0];
  return compile(schema, 'Contract', {
    bannerComment: `// ${notice}`,
    format: true,
    style: { singleQuote: true, printWidth: 120 },
  });
};

const camelCase = (id: string): string => id.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

const parametersSchema = (operation: Operation): object => ({
  type: 'object',
  properties: Object.fromEntries(operation.parameters.map(({ name, schema }) => [name, schema])),
  required: operation.parameters.filter(({ required }) => required).map(({ name }) => name),
});

/**
 * Returns the schemas that check requests: for the body of start-build, and for the path, query and header parameters
 * of each operation.
 */
const requestSchemas = (document: Document): Record<string, object> => ({
  isBuildParameters: document.components.schemas.BuildParameters ?? {},
  ...Object.fromEntries(
    operations(document)
      .filter(({ parameters }) => parameters.length > 0)
      .map((operation) => [`${camelCase(operation.id)}Parameters`, parametersSchema(operation)]),
  ),
});

/** Replaces `require` in Ajv's standalone code by imports, since an ES module has no `require`. */
const withImports = (code: string): string => {
  const imports: string[] = [];
  const body = code.replace(/const (\w+) = require\("([^"]+)"\)\.default;/g, (_, name: string, path: string) => {
    imports.push(`import ${name}Module from '${path}.js';`);
    return `const ${name} = ${name}Module.default ?? ${name}Module;`;
  });
  return `${imports.join('\n')}\n${body}`;
};

const validators = (document: Document): string => {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, code: { source: true, esm: true, lines: true } });
  const schemas = requestSchemas(document);
  for (const [name, schema] of Object.entries(schemas)) ajv.addSchema({ $id: name, ...schema });
  const exported = Object.fromEntries(Object.keys(schemas).map((name) => [name, name]));
  const generate = standalone as unknown as (ajv: Ajv2020, exported: Record<string, string>) => string;
  return `// ${notice}\n${withImports(generate(ajv, exported))}\n`;
};

const validatorTypes = (document: Document): string => {
  const names = Object.keys(requestSchemas(document)).filter((name) => name !== 'isBuildParameters');
  return `// ${notice}
import type { BuildParameters } from './types.ts';
export type Violation = { instancePath: string; keyword: string; message?: string; params: Record<string, unknown> };
export type Validator<T> = { (value: unknown): value is T; errors?: Violation[] | null };
export const isBuildParameters: Validator<BuildParameters>;
${names.map((name) => `export const ${name}: Validator<Record<string, string>>;`).join('\n')}
`;
};

const routes = (document: Document): string => {
  const rows = operations(document).map(({ id, method, path, fn, open, scope, parameters }) => ({
    operation: id,
    function: fn,
    method,
    path,
    open,
    scope,
    parameters: parameters.map(({ name, in: place }) => ({ name, in: place })),
  }));
  const lines = rows.map((row) => `  ${JSON.stringify(row)},`).join('\n');
  return `// ${notice}
/**
 * One operation of the contract. operation: its operationId. function: the folder under functions/ that serves the
 * operation. open: the operation needs no authentication. scope: the scope that a caller needs for the tool.
 */
export type Route = {
  operation: string;
  function: string;
  method: string;
  path: string;
  open: boolean;
  scope?: 'read' | 'build' | 'admin';
  parameters: { name: string; in: 'path' | 'query' | 'header' }[];
};

export const routes: readonly Route[] = [
${lines}
];
`;
};

/** Returns the content of each file in openapi/generated, by the file's path. */
export const contractOutputs = async (document: Document): Promise<Record<string, string>> => ({
  'openapi/generated/types.ts': await types(document),
  'openapi/generated/validators.js': validators(document),
  'openapi/generated/validators.d.ts': validatorTypes(document),
  'openapi/generated/routes.ts': routes(document),
  'openapi/generated/openapi.json': `${JSON.stringify(document, null, 1)}\n`,
});
