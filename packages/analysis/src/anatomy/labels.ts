/** Values of the anatomy label map; a voxel has the most specific label that fits. */
export const ANATOMY_LABELS = {
  outside: 0,
  body: 1,
  lungRight: 2,
  lungLeft: 3,
  airways: 4,
  bone: 5,
} as const;

export type StructureName = Exclude<keyof typeof ANATOMY_LABELS, 'outside'>;

/** What is known about one structure besides its voxels. */
export interface StructureReport {
  readonly name: StructureName;
  readonly present: boolean;
  readonly volumeMl: number;
  /** 0 … 1: how far the structure meets what is expected of it; a rule of thumb, not a probability. */
  readonly confidence: number;
  /** In words: why the confidence is not 1, or why the structure is absent. */
  readonly findings: readonly string[];
}
