// Writes docs/schemas/*.schema.json: what the commands print or write as JSON.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { jsonSchemas } from '../packages/pipelines/src/json-schemas.ts';

const folder = fileURLToPath(new URL('../docs/schemas', import.meta.url));
const LINE_WIDTH = 110;

/** As the formatter of the repository writes it: a list of plain values on one line where it fits. */
function formatted(value: object): string {
  const lists = /^( *)(.*)\[\n([^[\]{}]*)\n *\](,?)$/gm;
  return JSON.stringify(value, null, 2).replace(lists, (whole, indent, key, items, comma) => {
    const line = `${indent}${key}[${items.trim().replaceAll(/,\n */g, ', ')}]${comma}`;
    return line.length <= LINE_WIDTH ? line : whole;
  });
}

mkdirSync(folder, { recursive: true });
for (const [name, schema] of Object.entries(jsonSchemas())) {
  writeFileSync(path.join(folder, `${name}.schema.json`), `${formatted(schema)}\n`);
}
