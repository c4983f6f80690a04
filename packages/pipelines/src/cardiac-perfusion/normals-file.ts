import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type NormalSet, simulatedNormals } from '@photopeak/analysis';
import { PhotopeakError } from '@photopeak/imaging';
import { z } from 'zod';

export const NORMALS_SCHEMA = 'photopeak/cardiac-normals/1';

const normalSet = z.object({
  modality: z.enum(['NM', 'PT']),
  attenuationCorrected: z.boolean(),
  sex: z.enum(['M', 'F']),
  state: z.enum(['stress', 'rest', 'any']),
  tracer: z.string(),
  count: z.number().int(),
  mean: z.array(z.string()),
  sd: z.array(z.string()),
});

/** A file of normal limits: what `photopeak cardiac normals` writes. */
const normalsFile = z.object({
  schema: z.literal(NORMALS_SCHEMA),
  name: z.string(),
  sets: z.array(normalSet).min(1),
});

export interface NormalsFile {
  readonly schema: typeof NORMALS_SCHEMA;
  readonly name: string;
  readonly sets: readonly NormalSet[];
}

export interface NormalsDatabase {
  readonly name: string;
  readonly isSimulated: boolean;
  /** SHA-256 of the file, null for the simulated limits: the path alone does not say what a run rests on. */
  readonly sha256: string | null;
  readonly sets: readonly NormalSet[];
}

const SIMULATED: NormalsDatabase = {
  name: 'simulated normals: not for diagnosis',
  isSimulated: true,
  sha256: null,
  sets: simulatedNormals,
};

/** The site's file, or the simulated limits where none is named. Throws `CARDIAC_NORMALS_UNREADABLE`. */
export async function readNormals(file: string): Promise<NormalsDatabase> {
  if (file === '') return SIMULATED;
  try {
    const bytes = await readFile(file);
    const { name, sets } = normalsFile.parse(JSON.parse(bytes.toString('utf8')));
    return { name, isSimulated: false, sha256: createHash('sha256').update(bytes).digest('hex'), sets };
  } catch (error) {
    throw new PhotopeakError('the file of normal limits cannot be read', {
      code: 'CARDIAC_NORMALS_UNREADABLE',
      expected: `a file with the schema ${NORMALS_SCHEMA}`,
      found: error instanceof z.ZodError ? (error.issues[0]?.message ?? '') : String(error),
      where: file,
      remedy: 'build it with: photopeak cardiac normals FOLDER… --out FILE',
    });
  }
}
