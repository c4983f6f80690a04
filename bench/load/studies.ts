import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type PetctPhantomOptions, writePetctStudy } from '../../packages/phantom/src/index.ts';

export const KINDS = ['ct', 'pet', 'petct', 'large'] as const;
export type Kind = (typeof KINDS)[number];

/** How many of a hundred studies are of each kind. PET/CT is processed; the others are handed on. */
export const MIX: Readonly<Record<Kind, number>> = { ct: 40, pet: 25, petct: 25, large: 10 };

type Recipe = { readonly phantom: PetctPhantomOptions; readonly roles: readonly string[] };

/** Six digits that stand for the study in patient ID and accession number of a copy. */
const SEED = 900_001;

const RECIPES: Readonly<Record<Kind, Recipe>> = {
  ct: {
    phantom: {
      seed: SEED,
      grids: {
        ct: { size: [128, 128, 60], spacingMm: [3.9, 3.9, 16] },
        pet: { size: [16, 16, 60], spacingMm: [30, 30, 16] },
      },
    },
    roles: ['ct'],
  },
  pet: {
    phantom: {
      seed: SEED,
      grids: {
        ct: { size: [16, 16, 90], spacingMm: [30, 30, 11] },
        pet: { size: [128, 128, 90], spacingMm: [4, 4, 11] },
      },
    },
    roles: ['pet'],
  },
  petct: {
    phantom: {
      seed: SEED,
      lesions: 3,
      grids: {
        ct: { size: [96, 96, 122], spacingMm: [5.2, 5.2, 8] },
        pet: { size: [80, 80, 122], spacingMm: [6, 6, 8] },
      },
    },
    roles: ['ct', 'pet'],
  },
  large: {
    phantom: {
      seed: SEED,
      grids: {
        ct: { size: [256, 256, 400], spacingMm: [2, 2, 2.45] },
        pet: { size: [16, 16, 60], spacingMm: [30, 30, 16] },
      },
    },
    roles: ['ct'],
  },
};

/** A study in memory, of which copies with other UIDs and another patient are made. */
export interface Template {
  readonly kind: Kind;
  readonly instances: number;
  readonly bytes: number;
  /** Writes the copy `number` (at most six digits) below `folder`. */
  copy(number: number, folder: string): Promise<StudyCopy>;
}

export interface StudyCopy {
  readonly files: readonly string[];
  readonly sopInstanceUids: readonly string[];
  remove(): Promise<void>;
}

/** Computes the studies once: some seconds. */
export async function makeTemplates(folder: string): Promise<ReadonlyMap<Kind, Template>> {
  const made = new Map<Kind, Template>();
  for (const kind of KINDS) {
    const { phantom, roles } = RECIPES[kind];
    const at = path.join(folder, kind);
    const written = await writePetctStudy({ phantom, folder: at });
    const files: TemplateFile[] = [];
    for (const { folder: series } of written.series.filter(({ role }) => roles.includes(role))) {
      for (const name of await readdir(series)) {
        files.push(templateFile(await readFile(path.join(series, name))));
      }
    }
    await rm(at, { recursive: true });
    made.set(kind, templateOf(kind, files));
  }
  return made;
}

interface TemplateFile {
  readonly bytes: Buffer;
  /** Where the last eight digits of the UIDs begin. */
  readonly uids: readonly number[];
  /** Where the six digits of the seed begin. */
  readonly seeds: readonly number[];
  readonly sopInstanceUid: { readonly start: number; readonly end: number };
}

const UID_DIGITS = 8;
const SEED_DIGITS = 6;
/** (7FE0,0010) in little endian. */
const PIXEL_DATA = Buffer.from([0xe0, 0x7f, 0x10, 0x00]);
/** (0008,0018) UI in explicit little endian. */
const SOP_INSTANCE_UID = Buffer.from([0x08, 0x00, 0x18, 0x00, 0x55, 0x49]);

/**
 * UIDs keep their length: those of the phantoms are hashes of 39 digits, and a copy puts its number in place of the
 * last eight, everywhere alike, so that references stay whole.
 */
function templateFile(bytes: Buffer): TemplateFile {
  const header = bytes.subarray(0, bytes.indexOf(PIXEL_DATA)).toString('latin1');
  const uids = [...header.matchAll(/2\.25\.\d{30,39}/g)].map(
    (match) => match.index + match[0].length - UID_DIGITS,
  );
  const seeds = [...header.matchAll(new RegExp(String(SEED), 'g'))].map((match) => match.index);
  const element = bytes.indexOf(SOP_INSTANCE_UID);
  const start = element + 8;
  const length = bytes.readUInt16LE(element + 6);
  const end = bytes[start + length - 1] === 0 ? start + length - 1 : start + length;
  return { bytes, uids, seeds, sopInstanceUid: { start, end } };
}

function templateOf(kind: Kind, files: readonly TemplateFile[]): Template {
  return {
    kind,
    instances: files.length,
    bytes: files.reduce((sum, { bytes }) => sum + bytes.length, 0),
    async copy(number, folder) {
      await mkdir(folder, { recursive: true });
      const sopInstanceUids: string[] = [];
      const names: string[] = [];
      for (const [index, file] of files.entries()) {
        const copy = Buffer.from(file.bytes);
        for (const at of file.uids) copy.write(String(number).padStart(UID_DIGITS, '0'), at, 'latin1');
        for (const at of file.seeds) copy.write(String(number).padStart(SEED_DIGITS, '0'), at, 'latin1');
        const { start, end } = file.sopInstanceUid;
        sopInstanceUids.push(copy.toString('latin1', start, end));
        const name = path.join(folder, `${index}.dcm`);
        await writeFile(name, copy);
        names.push(name);
      }
      return { files: names, sopInstanceUids, remove: () => rm(folder, { recursive: true }) };
    },
  };
}
