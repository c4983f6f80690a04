import { dilate, type Mask, type Volume } from '@photopeak/imaging';
import { segmentBody } from '../../anatomy/body.ts';
import { ctOnPatientGrid } from '../../sampling/index.ts';

const GRID_MM = 3;
/** The outline lies between air and fat: the skin belongs to it. */
const SKIN_MM = 2;

/**
 * The patient of a CT, with the air inside, on a grid of its own (the form of `StructureOptions.within`): what a method
 * does to couch, blankets and cables is no structure. Undefined where nothing is found that could be a patient.
 */
export async function judgedBody(ct: Volume): Promise<Mask | undefined> {
  const body = await segmentBody(ctOnPatientGrid(ct, GRID_MM));
  return body.data.includes(1) ? dilate(body, { radiusMm: SKIN_MM }) : undefined;
}
