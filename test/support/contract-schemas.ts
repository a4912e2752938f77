import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { closedSchemas } from '../../openapi/closed-schemas.ts';
import contract from '../../openapi/generated/openapi.json' with { type: 'json' };

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addSchema({ ...contract, components: { schemas: closedSchemas(contract.components.schemas) } }, 'contract');

/** Compiled schemas by their JSON, because compiling takes longer than validating. */
const compiled = new Map<string, ValidateFunction>();

/**
 * Returns why a value does not match a schema of the contract, as the service keeps to it: the value must have all fields
 * that are always sent, and no other fields than the documented ones. Empty where the value matches.
 * @param schema a schema of openapi.yaml, whose references lead to the schemas of openapi.yaml
 * @throws Error for a reference that leads nowhere
 */
export const violationsOf = (value: unknown, schema: object): ErrorObject[] => {
  const text = JSON.stringify(schema).replaceAll('"#/components', '"contract#/components');
  const validate = compiled.get(text) ?? ajv.compile(JSON.parse(text));
  compiled.set(text, validate);
  validate(value);
  return [...(validate.errors ?? [])];
};

/** Returns a reference to a schema of openapi.yaml by the schema's name. */
export const schemaNamed = (name: string): object => ({ $ref: `#/components/schemas/${name}` });
