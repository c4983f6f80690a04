import { type Grid, type Mask, toWorld, type Vec3, type Volume } from '@photopeak/imaging';
import { type Dataset, type Keyword, UID } from '../../data/index.ts';
import { type InstanceReference, objectError, readCommonInstanceReferences } from '../common/index.ts';
import { LABEL_MAP_SEGMENTATION } from './build.ts';
import { dot, type FramePose, nearestPlane, type PlaneStack, stackPlanes } from './geometry.ts';
import type { FramePixels } from './pixels.ts';
import { readSegmentInfo, type SegmentInfo } from './segment-info.ts';

export type SegmentationKind = 'BINARY' | 'FRACTIONAL' | 'LABELMAP';

/** One stored frame. */
export interface SegmentationFrame {
  /** Segment number; undefined in label maps, whose frames hold all segments. */
  readonly segment: number | undefined;
  readonly position: Vec3 | undefined;
  /** Source images under the frame. */
  readonly sources: readonly { readonly sopInstanceUid: string; readonly frame?: number }[];
}

/** At which value a fractional segment counts as present. */
const FRACTION_THRESHOLD = 0.5;

/** A functional group of a frame: its own item, or the shared one. */
function group(object: Dataset, frame: number, keyword: Keyword): Dataset | undefined {
  return (
    object.items('PerFrameFunctionalGroupsSequence')[frame]?.item(keyword) ??
    object.item('SharedFunctionalGroupsSequence')?.item(keyword)
  );
}

function readFrame(object: Dataset, index: number, implied: number | undefined): SegmentationFrame {
  const position = group(object, index, 'PlanePositionSequence')?.numbers('ImagePositionPatient') ?? [];
  const derivation = group(object, index, 'DerivationImageSequence');
  return {
    segment:
      group(object, index, 'SegmentIdentificationSequence')?.number('ReferencedSegmentNumber') ?? implied,
    position:
      position.length === 3 && position.every(Number.isFinite) ? (position as unknown as Vec3) : undefined,
    sources: (derivation?.items('SourceImageSequence') ?? []).flatMap((source) => {
      const sopInstanceUid = source.text('ReferencedSOPInstanceUID');
      const frame = source.number('ReferencedFrameNumber');
      if (sopInstanceUid === undefined) return [];
      return [frame === undefined ? { sopInstanceUid } : { sopInstanceUid, frame }];
    }),
  };
}

/**
 * Segments of frames that do not name theirs: the only one, or, where the tiles of a slide are implied (TILED_FULL),
 * one segment after the other.
 */
function impliedSegments(
  object: Dataset,
  segments: readonly SegmentInfo[],
  frames: number,
): (number | undefined)[] {
  if (segments.length === 1) return new Array(frames).fill(segments[0]!.number);
  if (object.text('DimensionOrganizationType') === 'TILED_FULL' && frames % segments.length === 0) {
    const tiles = frames / segments.length;
    return Array.from({ length: frames }, (_, frame) => segments[Math.floor(frame / tiles)]!.number);
  }
  return new Array(frames).fill(undefined);
}

/**
 * A segmentation of any writer. Masks are made on request, one segment at a time, from the stored frames; nothing is
 * unpacked in advance.
 */
export class Segmentation {
  readonly kind: SegmentationKind;
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly studyInstanceUid: string;
  readonly frameOfReferenceUid: string | undefined;
  readonly contentLabel: string | undefined;
  readonly seriesDescription: string | undefined;
  readonly segments: readonly SegmentInfo[];
  readonly frames: readonly SegmentationFrame[];
  /** Instances the segmentation refers to. */
  readonly references: readonly InstanceReference[];
  /** Irregularities that did not stop the reading, without patient data. */
  readonly findings: readonly string[];
  readonly #pixels: FramePixels;
  readonly #stack: PlaneStack | undefined;
  readonly #maximum: number;
  readonly #framesOfPlane: readonly (readonly number[])[];

  constructor(object: Dataset, pixels: FramePixels) {
    this.#pixels = pixels;
    this.kind = kindOf(object);
    this.sopInstanceUid = object.text('SOPInstanceUID') ?? '';
    this.seriesInstanceUid = object.text('SeriesInstanceUID') ?? '';
    this.studyInstanceUid = object.text('StudyInstanceUID') ?? '';
    this.frameOfReferenceUid = object.text('FrameOfReferenceUID');
    this.contentLabel = object.text('ContentLabel');
    this.seriesDescription = object.text('SeriesDescription');
    this.references = readCommonInstanceReferences(object);
    const findings: string[] = [];
    const segments = object.items('SegmentSequence').map(readSegmentInfo);
    const isBackground = (segment: SegmentInfo) => this.kind === 'LABELMAP' && segment.number === 0;
    this.segments = segments.filter((segment) => !isBackground(segment));
    const implied =
      this.kind === 'LABELMAP'
        ? new Array<undefined>(pixels.frames).fill(undefined)
        : impliedSegments(object, segments, pixels.frames);
    this.frames = Array.from({ length: pixels.frames }, (_, index) =>
      readFrame(object, index, implied[index]),
    );
    this.#maximum = this.kind === 'FRACTIONAL' ? (object.number('MaximumFractionalValue') ?? 255) : 1;
    this.#stack = readStack(object, this.frames, pixels);
    if (this.#stack === undefined) findings.push('the frames have no common geometry in patient space');
    else if (this.#stack.irregular !== undefined) findings.push(this.#stack.irregular);
    const framesOfPlane: number[][] = [];
    for (const [frame, plane] of (this.#stack?.planeOfFrame ?? []).entries()) {
      const list = framesOfPlane[plane];
      if (list === undefined) framesOfPlane[plane] = [frame];
      else list.push(frame);
    }
    this.#framesOfPlane = framesOfPlane;
    this.findings = findings;
  }

  /** The smallest grid that holds all frames; undefined without geometry or for uneven planes. */
  get grid(): Grid | undefined {
    return this.#stack?.grid;
  }

  segment(number: number): SegmentInfo {
    const info = this.segments.find((segment) => segment.number === number);
    if (info === undefined) {
      throw objectError('SEGMENTATION_NO_SEGMENT', 'The segmentation has no such segment', {
        expected: `one of ${this.segments.map((segment) => segment.number).join(', ')}`,
        found: `${number}`,
      });
    }
    return info;
  }

  /** Stored values of one frame (from 0): 0 and 1, fractions as stored, or labels; row by row. */
  frameValues(frame: number): Uint16Array {
    const values = new Uint16Array(this.#pixels.rows * this.#pixels.columns);
    this.#pixels.forEachNonZero(frame, (pixel, value) => {
      values[pixel] = value;
    });
    return values;
  }

  /** Voxels of a segment on the stored planes. */
  voxelCount(number: number): number {
    this.segment(number);
    let count = 0;
    this.#forEach(number, this.#threshold(), () => {
      count += 1;
    });
    return count;
  }

  /**
   * The voxels of a segment. On the segmentation's own grid by default; on another grid of the same frame of
   * reference by taking the nearest stored pixel, within half a slice along the normal of the planes. Fractional
   * segments count from `threshold` (0…1) on.
   *
   * @throws PhotopeakError SEGMENTATION_NO_SEGMENT, SEGMENTATION_NO_GEOMETRY
   */
  mask(number: number, options: { readonly grid?: Grid; readonly threshold?: number } = {}): Mask {
    this.segment(number);
    const stack = this.#requireStack();
    const grid = options.grid ?? this.#requireGrid(stack);
    const data = new Uint8Array(grid.size[0] * grid.size[1] * grid.size[2]);
    const least = this.#threshold(options.threshold);
    if (options.grid === undefined) {
      const area = grid.size[0] * grid.size[1];
      this.#forEach(number, least, (plane, pixel) => {
        data[this.#sliceOfPlane(stack, plane) * area + pixel] = 1;
      });
    } else {
      this.#sample(grid, stack, number, (at, value) => {
        if (value >= least) data[at] = 1;
      });
    }
    return { ...bare(grid), data, unit: '1' };
  }

  /** The fraction (0…1) of a segment at each voxel of its own grid or the given one; 0 or 1 unless FRACTIONAL. */
  fractions(number: number, grid?: Grid): Volume<Float32Array> {
    this.segment(number);
    const stack = this.#requireStack();
    const target = grid ?? this.#requireGrid(stack);
    const data = new Float32Array(target.size[0] * target.size[1] * target.size[2]);
    this.#sample(target, stack, number, (at, value) => {
      data[at] = value / this.#maximum;
    });
    return { ...bare(target), data, unit: '1' };
  }

  #threshold(fraction = FRACTION_THRESHOLD): number {
    return this.kind === 'FRACTIONAL' ? Math.max(1, fraction * this.#maximum) : 1;
  }

  /** Frames of a plane that can hold the segment. */
  #framesFor(plane: number, number: number): readonly number[] {
    const frames = this.#framesOfPlane[plane] ?? [];
    return this.kind === 'LABELMAP'
      ? frames
      : frames.filter((frame) => this.frames[frame]!.segment === number);
  }

  #forEach(number: number, least: number, visit: (plane: number, pixel: number) => void): void {
    const isLabelMap = this.kind === 'LABELMAP';
    for (const [frame, { segment }] of this.frames.entries()) {
      if (!isLabelMap && segment !== number) continue;
      const plane = this.#stack?.planeOfFrame[frame] ?? frame;
      this.#pixels.forEachNonZero(frame, (pixel, value) => {
        if (isLabelMap ? value === number : value >= least) visit(plane, pixel);
      });
    }
  }

  #sliceOfPlane(stack: PlaneStack, plane: number): number {
    return Math.round((stack.planes[plane]!.offsetMm - stack.planes[0]!.offsetMm) / stack.spacingMm[2]);
  }

  /** Visits the voxels of a grid whose nearest stored pixel is not zero. */
  #sample(grid: Grid, stack: PlaneStack, number: number, visit: (at: number, value: number) => void): void {
    const [columns, rows, slices] = grid.size;
    const { rows: frameRows, columns: frameColumns } = this.#pixels;
    const isLabelMap = this.kind === 'LABELMAP';
    const d = grid.direction;
    const stepI: Vec3 = [d[0] * grid.spacingMm[0], d[3] * grid.spacingMm[0], d[6] * grid.spacingMm[0]];
    // Movement along a row of the target, in pixels of the frame and millimetres of the normal.
    const du = dot(stepI, stack.row) / stack.spacingMm[0];
    const dv = dot(stepI, stack.column) / stack.spacingMm[1];
    const dw = dot(stepI, stack.normal);
    const inPlane = Math.abs(dw) < 1e-9;
    const framesOf = stack.planes.map((_, plane) => this.#framesFor(plane, number));
    for (let k = 0; k < slices; k++) {
      for (let j = 0; j < rows; j++) {
        const start = toWorld(grid, [0, j, k]);
        const w0 = dot(stack.normal, start);
        let plane: number | undefined;
        let u0 = 0;
        let v0 = 0;
        for (let i = 0; i < columns; i++) {
          // A row that runs within the planes stays in one of them.
          if (i === 0 || !inPlane) {
            plane = nearestPlane(stack, w0 + i * dw);
            if (plane !== undefined) {
              const origin = stack.planes[plane]!.position;
              const from: Vec3 = [start[0] - origin[0], start[1] - origin[1], start[2] - origin[2]];
              u0 = dot(from, stack.row) / stack.spacingMm[0];
              v0 = dot(from, stack.column) / stack.spacingMm[1];
            }
          }
          const frames = plane === undefined ? [] : framesOf[plane]!;
          if (frames.length === 0) {
            if (inPlane) break;
            continue;
          }
          const u = Math.round(u0 + i * du);
          const v = Math.round(v0 + i * dv);
          if (u < 0 || v < 0 || u >= frameColumns || v >= frameRows) continue;
          for (const frame of frames) {
            const value = this.#pixels.valueAt(frame, v * frameColumns + u);
            if (isLabelMap ? value === number : value !== 0) {
              visit(i + columns * (j + rows * k), isLabelMap ? 1 : value);
            }
          }
        }
      }
    }
  }

  #requireStack(): PlaneStack {
    if (this.#stack === undefined) {
      throw objectError('SEGMENTATION_NO_GEOMETRY', 'The frames have no common geometry in patient space');
    }
    return this.#stack;
  }

  #requireGrid(stack: PlaneStack): Grid {
    if (stack.grid === undefined) {
      throw objectError('SEGMENTATION_NO_GEOMETRY', `The frames fit no even grid: ${stack.irregular}`, {
        expected: 'evenly spaced parallel planes, or the grid of the source images as an argument',
      });
    }
    return stack.grid;
  }
}

const bare = ({ size, spacingMm, origin, direction }: Grid): Grid => ({ size, spacingMm, origin, direction });

function kindOf(object: Dataset): SegmentationKind {
  const sopClass = object.text('SOPClassUID');
  const type = object.text('SegmentationType');
  if (sopClass === LABEL_MAP_SEGMENTATION || type === 'LABELMAP') return 'LABELMAP';
  if (sopClass !== UID.SegmentationStorage) {
    throw objectError('OBJECT_KIND_UNEXPECTED', 'The object is not a segmentation', {
      expected: 'Segmentation Storage or Label Map Segmentation Storage',
      found: sopClass ?? 'no SOP class',
    });
  }
  return type === 'FRACTIONAL' ? 'FRACTIONAL' : 'BINARY';
}

function readStack(
  object: Dataset,
  frames: readonly SegmentationFrame[],
  { columns, rows }: FramePixels,
): PlaneStack | undefined {
  const poses = frames.map(({ position }, index): FramePose | undefined => {
    const orientation = group(object, index, 'PlaneOrientationSequence')?.numbers('ImageOrientationPatient');
    return position === undefined || orientation === undefined ? undefined : { position, orientation };
  });
  const measures = group(object, 0, 'PixelMeasuresSequence');
  const spacing = measures?.numbers('PixelSpacing') ?? [];
  if (measures === undefined || spacing.length !== 2 || !spacing.every((value) => value > 0))
    return undefined;
  return stackPlanes(
    poses,
    [spacing[0]!, spacing[1]!],
    measures.number('SpacingBetweenSlices') ?? measures.number('SliceThickness'),
    [columns, rows],
  );
}
