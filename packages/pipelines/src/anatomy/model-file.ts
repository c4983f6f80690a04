import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ctStructureNames } from '@photopeak/analysis';
import { PhotopeakError } from '@photopeak/imaging';
import { z } from 'zod';
import type { AnatomyModel } from './model-source.ts';

export const ANATOMY_MODEL_SCHEMA = 'photopeak/anatomy-model/1';

/** A segmentation model as a site configures it; documented in docs/anatomy.md. */
export const anatomyModelFile = z
  .strictObject({
    schema: z.literal(ANATOMY_MODEL_SCHEMA),
    /** As it is to stand in results. */
    name: z.string().min(1).max(64),
    version: z.string().min(1).max(64),
    /** The model as a command (see `CommandModel`), in a container or not … */
    command: z.array(z.string()).min(1).optional(),
    /** Variables of the environment that the command gets beyond PATH, HOME and the like, e.g. `nnUNet_results`. */
    environment: z
      .array(z.string().regex(/^[A-Za-z_]\w*$/))
      .max(100)
      .default([]),
    /** … or behind HTTP (see `ServedModel`). */
    url: z.url({ protocol: /^https?$/ }).optional(),
    /** What the values of its label map mean; a model that answers with a DICOM SEG needs none. */
    labels: z.record(z.string().regex(/^[1-9]\d*$/), z.enum(ctStructureNames)).optional(),
    timeoutMinutes: z.number().min(0.01).max(1440).default(30),
  })
  .refine(({ command, url }) => (command === undefined) !== (url === undefined), {
    message: 'either a command or a url',
  });

export interface SiteModel {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the file: the path alone does not say what a run rests on. */
  readonly sha256: string;
  readonly model: AnatomyModel;
}

/** Reads the file that configures a model. Throws `ANATOMY_MODEL_FILE`. */
export async function readModelFile(file: string): Promise<SiteModel> {
  try {
    const bytes = await readFile(file);
    const { name, version, command, environment, url, labels, timeoutMinutes } = anatomyModelFile.parse(
      JSON.parse(bytes.toString('utf8')),
    );
    const answer = { ...(labels === undefined ? {} : { labels }), timeoutMs: timeoutMinutes * 60_000 };
    return {
      name,
      version,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      model: command === undefined ? { url: url!, ...answer } : { command, environment, ...answer },
    };
  } catch (error) {
    throw new PhotopeakError('the file that configures the anatomy model cannot be used', {
      code: 'ANATOMY_MODEL_FILE',
      expected: `JSON with the schema ${ANATOMY_MODEL_SCHEMA}, and either a command or a url`,
      found:
        error instanceof z.ZodError
          ? error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
          : error instanceof Error
            ? error.message
            : String(error),
      where: file,
      remedy: 'see docs/anatomy.md for the fields; the path counts from where the process runs',
    });
  }
}
