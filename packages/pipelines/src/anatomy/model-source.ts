import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type CtStructureName, ctStructureNames } from '@photopeak/analysis';
import { readFilePart10, readSegmentation } from '@photopeak/dicom';
import { PhotopeakError, readNifti, resample, sameGrid, type Volume, writeNifti } from '@photopeak/imaging';
import { structureOfCode } from './structure-codes.ts';

/**
 * A segmentation model as a command, e.g. TotalSegmentator or nnU-Net, in a container or not. In its arguments
 * `{input}` stands for the CT as NIfTI, `{inputFolder}` for the folder it lies in (`ct_0000.nii.gz`, as nnU-Net names
 * it), `{output}` for a label map to write (`labels.nii.gz`) and `{outputFolder}` for its folder. It writes one label
 * map (.nii, .nii.gz) or one DICOM SEG.
 */
export interface AnatomyModel {
  readonly command: readonly string[];
  /** What the values of a NIfTI label map mean; a SEG says it by its codes. Values that are not named are left out. */
  readonly labels?: Readonly<Record<string, CtStructureName>>;
  readonly timeoutMs?: number;
}

export interface ModelStructure {
  readonly name: CtStructureName;
  /** On the grid of the CT; non-zero inside. */
  readonly mask: Volume<Uint8Array>;
}

const DEFAULT_TIMEOUT_MS = 30 * 60_000;
const MOST_OUTPUT = 2000;

const failed = (found: string, where: string, remedy: string) =>
  new PhotopeakError('the anatomy model gave no segmentation', {
    code: 'ANATOMY_MODEL_FAILED',
    expected: 'exit code 0 and one label map (.nii, .nii.gz) or one DICOM SEG in the output folder',
    found,
    where,
    remedy,
  });

/** Reads a table of labels: JSON, value to structure name. Throws `ANATOMY_MODEL_LABELS`. */
export async function readModelLabels(file: string): Promise<Record<string, CtStructureName>> {
  const refuse = (found: string) =>
    new PhotopeakError('the label table of the anatomy model cannot be used', {
      code: 'ANATOMY_MODEL_LABELS',
      expected: `JSON of label value to structure, e.g. {"5": "liver"}; structures: ${ctStructureNames.join(', ')}`,
      found,
      where: file,
      remedy: 'name only structures of that list; leave the others out',
    });
  let table: unknown;
  try {
    table = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
  if (typeof table !== 'object' || table === null || Array.isArray(table)) throw refuse('no object');
  for (const [value, name] of Object.entries(table)) {
    if (!/^[1-9]\d*$/.test(value)) throw refuse(`the value ${value}`);
    if (!(ctStructureNames as readonly unknown[]).includes(name))
      throw refuse(`the structure ${String(name)}`);
  }
  return table as Record<string, CtStructureName>;
}

/**
 * Runs the model on a CT in a folder of its own, which is removed afterwards. The CT reaches it as NIfTI without any
 * attribute of the patient. Throws `ANATOMY_MODEL_FAILED`.
 */
export async function runAnatomyModel(ct: Volume, model: AnatomyModel): Promise<ModelStructure[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'photopeak-anatomy-'));
  try {
    const input = path.join(folder, 'in', 'ct_0000.nii.gz');
    const outputFolder = path.join(folder, 'out');
    await mkdir(path.dirname(input));
    await mkdir(outputFolder);
    await writeFile(input, writeNifti(ct));
    const places: Record<string, string> = {
      '{input}': input,
      '{inputFolder}': path.dirname(input),
      '{output}': path.join(outputFolder, 'labels.nii.gz'),
      '{outputFolder}': outputFolder,
    };
    const [program, ...given] = model.command;
    const args = given.map((arg) => arg.replace(/\{[a-zA-Z]+\}/g, (place) => places[place] ?? place));
    await run(program ?? '', args, model.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    return await readResult(outputFolder, ct, model);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(program: string, args: readonly string[], timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: timeoutMs });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-MOST_OUTPUT);
    });
    child.on('error', (error) => reject(failed(error.message, program, 'check the path of the command')));
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else {
        const end = signal === null ? `exit code ${code}` : `ended by ${signal}`;
        reject(failed(`${end}; ${said.trim()}`, program, 'run the command by hand and mend what it says'));
      }
    });
  });
}

async function readResult(folder: string, ct: Volume, model: AnatomyModel): Promise<ModelStructure[]> {
  const files = (await readdir(folder)).filter((name) => /\.(nii|nii\.gz|dcm)$/i.test(name));
  const file = files[0];
  if (file === undefined || files.length > 1)
    throw failed(`${files.length} files`, model.command[0] ?? '', 'let it write one label map or one SEG');
  const target = path.join(folder, file);
  if (/\.dcm$/i.test(file)) return fromSegmentation(target, ct);
  const map = readNifti(await readFile(target));
  const onCt = sameGrid(map, ct)
    ? map
    : await resample(map, { grid: ct, interpolation: 'nearest', outside: 0 });
  return Object.entries(model.labels ?? {}).flatMap(([value, name]) => {
    const wanted = Number(value);
    const data = Uint8Array.from(onCt.data as ArrayLike<number>, (label) => (label === wanted ? 1 : 0));
    return data.includes(1) ? [{ name, mask: { ...onCt, data, unit: '1' } }] : [];
  });
}

async function fromSegmentation(file: string, ct: Volume): Promise<ModelStructure[]> {
  const segmentation = await readSegmentation(readFilePart10(file));
  const structures: ModelStructure[] = [];
  for (const { number, type, typeModifiers } of segmentation.segments) {
    const name = type === undefined ? undefined : structureOfCode(type, typeModifiers?.[0]);
    if (name === undefined) continue;
    structures.push({ name, mask: await segmentation.mask(number, { grid: ct }) });
  }
  return structures;
}
