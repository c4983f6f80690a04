import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { generate } from '../../scripts/generate-api.ts';
import { printType } from '../../scripts/print-types.ts';

describe('the generated types of the contract', () => {
  it('are those of the schemas (npm run generate -w @photopeak/workspace)', async () => {
    const committed = await readFile(new URL('./generated/api.ts', import.meta.url), 'utf8');
    expect(committed).toBe(await generate());
  });

  it('print what JSON Schema says', () => {
    expect(printType({ type: ['string', 'null'] })).toBe('string | null');
    expect(printType({ type: 'array', prefixItems: [{ type: 'number' }, { const: 'x' }] })).toBe(
      'readonly [number, "x"]',
    );
    expect(
      printType({
        type: 'object',
        properties: { a: { type: 'integer' }, 'b-c': { $ref: 'Other' } },
        required: ['a'],
      }),
    ).toBe('{\n  readonly a: number;\n  readonly "b-c"?: Other;\n}');
    expect(printType({})).toBe('unknown');
  });
});
