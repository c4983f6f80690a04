/** The part of JSON Schema 2020-12 that zod writes. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
}

const scalars: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
};

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function printObject(schema: Schema, indent: string): string {
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) {
    const value = schema.additionalProperties;
    const valueType = typeof value === 'object' && value !== null ? printType(value, indent) : 'unknown';
    const keyType = schema.propertyNames === undefined ? 'string' : printType(schema.propertyNames, indent);
    const every = schema.required !== undefined || keyType === 'string';
    return `${every ? 'Readonly' : 'Partial'}<Record<${keyType}, ${valueType}>>`;
  }
  const inner = `${indent}  `;
  const lines = properties.map(([name, value]) => {
    const optional = schema.required?.includes(name) === true ? '' : '?';
    return `${inner}readonly ${key(name)}${optional}: ${printType(value, inner)};`;
  });
  return `{\n${lines.join('\n')}\n${indent}}`;
}

function union(types: readonly string[], separator: ' | ' | ' & '): string {
  const distinct = [...new Set(types)];
  return distinct.length === 1 ? distinct[0]! : distinct.join(separator);
}

/** One JSON Schema as a TypeScript type; anything it does not say is `unknown`. */
export function printType(schema: Schema, indent = ''): string {
  if (schema.$ref !== undefined) return schema.$ref.replace(/^.*\//, '');
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum !== undefined)
    return union(
      schema.enum.map((value) => JSON.stringify(value)),
      ' | ',
    );
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined)
    return union(
      options.map((option) => printType(option, indent)),
      ' | ',
    );
  if (schema.allOf !== undefined)
    return union(
      schema.allOf.map((part) => printType(part, indent)),
      ' & ',
    );
  const { type } = schema;
  if (typeof type === 'object') {
    return union(
      type.map((one) => printType({ ...schema, type: one }, indent)),
      ' | ',
    );
  }
  if (type === 'array') {
    if (schema.prefixItems !== undefined) {
      return `readonly [${schema.prefixItems.map((item) => printType(item, indent)).join(', ')}]`;
    }
    return `ReadonlyArray<${printType(schema.items ?? {}, indent)}>`;
  }
  if (type === 'object') return printObject(schema, indent);
  return (type !== undefined && scalars[type]) || 'unknown';
}

/** `export type Name = …`, or an interface where the schema is a plain object. */
export function printDeclaration(name: string, schema: Schema): string {
  const type = printType(schema);
  return type.startsWith('{\n') && schema.type === 'object'
    ? `export interface ${name} ${type}\n`
    : `export type ${name} = ${type};\n`;
}
