import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type CtStructureName, ctStructureNames } from '@photopeak/analysis';
import { readFilePart10, readSegmentation } from '@photopeak/dicom';
import {
  maskWhere,
  PhotopeakError,
  readNifti,
  resample,
  sameGrid,
  type Volume,
  writeNifti,
} from '@photopeak/imaging';
import { runInFolders } from '@photopeak/models';
import { structureOfCode } from './structure-codes.ts';

interface ModelAnswer {
  /** What the values of a NIfTI label map mean; a SEG says it by its codes. Values that are not named are left out. */
  readonly labels?: Readonly<Record<string, CtStructureName>>;
  readonly timeoutMs?: number;
}

/**
 * A segmentation model as a command, e.g. TotalSegmentator or nnU-Net, in a container or not. In its arguments
 * `{input}` stands for the CT as NIfTI, `{inputFolder}` for the folder it lies in (`ct_0000.nii.gz`, as nnU-Net names
 * it), `{output}` for a label map to write (`labels.nii.gz`) and `{outputFolder}` for its folder. It writes one label
 * map (.nii, .nii.gz) or one DICOM SEG. It is run as the programs of model packages are (`runInFolders`).
 */
export interface CommandModel extends ModelAnswer {
  readonly command: readonly string[];
  /** Names of variables of our environment that it gets beyond the usual ones. */
  readonly environment?: readonly string[];
}

/** A segmentation model behind HTTP: the CT is posted as .nii.gz, the answer is one label map or one DICOM SEG. */
export interface ServedModel extends ModelAnswer {
  readonly url: string;
}

export type AnatomyModel = CommandModel | ServedModel;

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
    expected: 'exit code 0 or HTTP status 200, and one label map (.nii, .nii.gz) or one DICOM SEG',
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
export async function runAnatomyModel(
  ct: Volume,
  model: AnatomyModel,
  signal?: AbortSignal,
): Promise<ModelStructure[]> {
  if (!('url' in model)) return execute(ct, model, signal);
  const limit = AbortSignal.timeout(model.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const until = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  const folder = await mkdtemp(path.join(tmpdir(), 'photopeak-anatomy-'));
  try {
    await ask(model.url, ct, folder, until);
    return await readResult(folder, ct, model);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Where the model as a command finds the CT and writes its answer, with the names that nnU-Net uses. */
const FILES = { input: 'ct_0000.nii.gz', output: 'labels.nii.gz' } as const;

async function execute(
  ct: Volume,
  model: CommandModel,
  signal: AbortSignal | undefined,
): Promise<ModelStructure[]> {
  try {
    const { result } = await runInFolders({
      program: { command: model.command },
      files: FILES,
      timeoutMs: model.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      environment: model.environment ?? [],
      signal,
      write: (folder) => writeFile(path.join(folder, FILES.input), writeNifti(ct)),
      read: (folder) => readResult(folder, ct, model),
    });
    return result;
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof PhotopeakError) || error.code === 'ANATOMY_MODEL_FAILED') throw error;
    throw failed(
      error.found ?? error.message,
      model.command[0] ?? '',
      error.remedy ?? 'run the command by hand and mend what it says',
    );
  }
}

/** Part 10 files bear this after their preamble. */
const DICM = { at: 128, text: 'DICM' } as const;

async function ask(url: string, ct: Volume, outputFolder: string, until: AbortSignal): Promise<void> {
  const remedy = 'see the log of the model server';
  let answer: Response;
  let bytes: Buffer;
  try {
    answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/gzip' },
      body: new Blob([new Uint8Array(writeNifti(ct))]),
      redirect: 'error',
      signal: until,
    });
    bytes = Buffer.from(await answer.arrayBuffer());
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    throw failed(`${error instanceof Error ? error.message : String(error)}${cause}`, url, remedy);
  }
  if (answer.status !== 200) {
    const said = bytes.toString('utf8').slice(0, MOST_OUTPUT).trim();
    throw failed(`HTTP status ${answer.status}; ${said}`, url, remedy);
  }
  const isDicom = bytes.toString('latin1', DICM.at, DICM.at + DICM.text.length) === DICM.text;
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const name = isDicom ? 'labels.dcm' : isPacked ? 'labels.nii.gz' : 'labels.nii';
  await writeFile(path.join(outputFolder, name), bytes);
}

const nameOf = (model: AnatomyModel) => ('url' in model ? model.url : (model.command[0] ?? ''));

async function readResult(folder: string, ct: Volume, model: AnatomyModel): Promise<ModelStructure[]> {
  const files = (await readdir(folder)).filter((name) => /\.(nii|nii\.gz|dcm)$/i.test(name));
  const file = files[0];
  if (file === undefined || files.length > 1)
    throw failed(`${files.length} files`, nameOf(model), 'let it write one label map or one SEG');
  const target = path.join(folder, file);
  if (/\.dcm$/i.test(file)) return fromSegmentation(target, ct);
  let map: Volume;
  try {
    map = readNifti(await readFile(target));
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw failed(`a file that cannot be read: ${found}`, nameOf(model), 'let it write NIfTI or DICOM SEG');
  }
  const onCt = sameGrid(map, ct)
    ? map
    : await resample(map, { grid: ct, interpolation: 'nearest', outside: 0 });
  return Object.entries(model.labels ?? {}).flatMap(([value, name]) => {
    const wanted = Number(value);
    const mask = maskWhere(onCt, (label) => label === wanted);
    return mask.data.includes(1) ? [{ name, mask }] : [];
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
