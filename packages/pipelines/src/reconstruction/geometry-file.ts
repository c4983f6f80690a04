import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { RAMP_WINDOWS } from '@photopeak/analysis';
import { PhotopeakError } from '@photopeak/imaging';
import { parse } from 'yaml';
import { z } from 'zod';

const positive = z.number().positive();
const whole = z.int().positive();
const pair = <T extends z.ZodType>(type: T) => z.tuple([type, type]);
const triple = <T extends z.ZodType>(type: T) => z.tuple([type, type, type]);

/** How projections lie in their file, how they were taken, and the volume that is wanted. */
export const reconstructionGeometry = z.strictObject({
  version: z.literal(1),
  beam: z.enum(['parallel', 'fan', 'cone']).describe('fan: the rows of the detector are slices'),
  detectorShape: z
    .enum(['flat', 'arc'])
    .default('flat')
    .describe('arc: pixels at equal angles of the source'),
  sourceToAxisMm: positive.optional().describe('SAD; of fans and cones'),
  sourceToDetectorMm: positive.optional().describe('SDD; of fans and cones'),
  detector: z.strictObject({
    pixelMm: pair(positive).describe('pitch of columns and of rows, mm on the detector'),
    size: pair(whole).optional().describe('columns and rows; needed for raw files only'),
    offsetMm: pair(z.number())
      .default([0, 0])
      .describe('from the foot of the central ray to the middle of the detector'),
    rows: pair(z.int().nonnegative()).optional().describe('first and last row that is used'),
    flipRows: z.boolean().default(false).describe('the first row lies at the upper end of the axis'),
  }),
  angles: z
    .strictObject({
      degrees: z.array(z.number()).min(1).optional().describe('one for each view'),
      dataset: z.string().optional().describe('dataset of the HDF5 file with one for each view'),
      radians: z.boolean().default(false).describe('the dataset is in radians'),
      startDegrees: z.number().default(0),
      arcDegrees: z.number().optional().describe('shared evenly by all views; negative turns the other way'),
    })
    .describe('a list, a dataset, or an arc'),
  centerOfRotation: z
    .union([z.literal('auto'), z.number()])
    .optional()
    .describe('column onto which the axis falls, from 0; auto finds it (parallel beams)'),
  pitchMm: z.number().default(0).describe('advance along the axis for each turn'),
  data: z
    .strictObject({
      kind: z.enum(['line-integrals', 'counts']).default('line-integrals'),
      dataset: z.string().optional().describe('of an HDF5 file; without it /exchange/data or the only one'),
      dark: z.string().optional().describe('dataset, or file beside this one, of views without radiation'),
      white: z.string().optional().describe('the same of views without object'),
      axes: z
        .tuple([
          z.enum(['view', 'row', 'column']),
          z.enum(['view', 'row', 'column']),
          z.enum(['view', 'row', 'column']),
        ])
        .default(['view', 'row', 'column'])
        .describe('slowest first'),
      type: z
        .enum(['uint8', 'uint16', 'int16', 'float32', 'float64'])
        .default('float32')
        .describe('of raw files'),
      bigEndian: z.boolean().default(false).describe('of raw files'),
      skipBytes: z.int().nonnegative().default(0).describe('of raw files'),
    })
    .prefault({}),
  corrections: z
    .strictObject({
      water: z
        .array(z.number())
        .min(1)
        .max(8)
        .optional()
        .describe('polynomial c1, c2, …: p becomes c1·p + c2·p² + …'),
      scatter: z
        .strictObject({
          kind: z.enum(['uniform', 'kernel']),
          ratio: z.number().nonnegative(),
          sigmaMm: positive.default(60),
        })
        .optional(),
      extendShare: z
        .number()
        .min(0)
        .max(2)
        .default(0)
        .describe('rows go on beyond the detector by this share of it'),
      ringWindow: z.int().min(0).max(255).default(0).describe('pixels of the ring filter; 0 for none'),
    })
    .prefault({}),
  filter: z
    .strictObject({
      window: z.enum(RAMP_WINDOWS).default('ram-lak'),
      cutoff: z.number().gt(0).max(1).default(1),
    })
    .prefault({}),
  volume: z
    .strictObject({
      size: triple(whole).optional(),
      spacingMm: triple(positive).optional(),
      centerMm: triple(z.number()).default([0, 0, 0]),
    })
    .prefault({})
    .describe('without, it fits the detector at the axis'),
  waterPerMm: positive.optional().describe('attenuation of water: the result is in HU'),
});

export type ReconstructionGeometry = z.infer<typeof reconstructionGeometry>;

/** Reads a geometry as YAML or JSON. Throws `RECONSTRUCTION_GEOMETRY_FILE`. */
export async function readGeometryFile(file: string): Promise<ReconstructionGeometry> {
  const where = path.basename(file);
  const refuse = (found: string, cause?: unknown) =>
    new PhotopeakError('the geometry of the projections cannot be used', {
      code: 'RECONSTRUCTION_GEOMETRY_FILE',
      expected: 'a geometry as docs/schemas/reconstruction-geometry.schema.json describes it',
      found,
      where,
      remedy: 'correct the file; docs/reconstruction.md has examples',
      cause,
    });
  let content: unknown;
  try {
    content = parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw refuse(cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause), cause);
  }
  const read = reconstructionGeometry.safeParse(content);
  if (!read.success) {
    const issue = read.error.issues[0]!;
    throw refuse(`${issue.path.join('.') || 'the file'}: ${issue.message}`);
  }
  const { beam, sourceToAxisMm, sourceToDetectorMm } = read.data;
  if (beam !== 'parallel' && (sourceToAxisMm === undefined || sourceToDetectorMm === undefined))
    throw refuse(`a ${beam} without sourceToAxisMm and sourceToDetectorMm`);
  if (new Set(read.data.data.axes).size < 3) throw refuse('data.axes that name an axis twice');
  return read.data;
}
