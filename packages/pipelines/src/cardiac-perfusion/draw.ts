import { type Perfusion, SEGMENTS } from '@photopeak/analysis';
import { type Grid, transformPoint, type Volume, worldToVoxel } from '@photopeak/imaging';
import type { Picture } from '../captures/index.ts';
import type { Step } from '../pipeline.ts';
import type { MappedState } from './map-states.ts';
import { type PolarColumn, polarPicture } from './polar-picture.ts';
import type { Quantified } from './quantify.ts';
import { shortAxisGrid, shortAxisVolume } from './short-axis.ts';
import { type SlicesRow, slicesPicture } from './slices-picture.ts';
import type { CardiacSummary } from './summary.ts';

export interface DrawInput {
  readonly states: readonly MappedState[];
  readonly quantified: Quantified;
  readonly difference: CardiacSummary['difference'];
}

export interface Drawn {
  readonly polarMaps: Picture;
  readonly slices: Picture;
  /** The tomograms on voxels of the short axis, in the order of the states. */
  readonly shortAxis: readonly Volume<Float32Array>[];
}

const TITLES = { stress: 'Stress', rest: 'Rest' } as const;
const titleOf = ({ state }: MappedState): string => (state === null ? 'Examination' : TITLES[state]);
const DRAFT = 'AI draft, not verified. Blue line: below mean - 2.5 SD of normal. Numbers: % of normal.';

/** Turns the tomograms to the short axis and draws the polar maps and the slices. */
export const drawHeart: Step<DrawInput, Drawn> = {
  name: 'draw',
  version: '1',
  resource: 'cpu',
  run: async ({ states, quantified, difference }) => {
    const shortAxis: Volume<Float32Array>[] = [];
    const rows: SlicesRow[] = [];
    for (const [index, state] of states.entries()) {
      const { ventricle } = state.mapped;
      const spacing = Math.min(...state.volume.spacingMm);
      const turned = await shortAxisVolume(state.volume, shortAxisGrid(ventricle, spacing));
      shortAxis.push(turned);
      rows.push(rowOf(state, turned, levelOf(state, quantified.states[index]?.perfusion)));
    }
    const { normals } = quantified;
    return {
      shortAxis,
      slices: slicesPicture(rows, 'AI draft, not verified. Each state scaled to its normal level.'),
      polarMaps: polarPicture({
        columns: columnsOf(states, quantified, difference),
        captions: [DRAFT, `Normal limits: ${normals.name}`],
        warning: normals.isSimulated ? 'SIMULATED NORMALS: NOT FOR DIAGNOSIS' : null,
      }),
    };
  },
};

/** What stands for normal uptake; without normal limits the hottest pixel of the map. */
const levelOf = ({ mapped }: MappedState, perfusion: Perfusion | undefined): number =>
  perfusion?.level ?? Math.max(...mapped.map.values);

function rowOf(state: MappedState, volume: Volume<Float32Array>, maximum: number): SlicesRow {
  const { centre, lengthMm, basalMm, radiusMm } = state.mapped.ventricle;
  const spacing = volume.spacingMm[2];
  return {
    title: titleOf(state),
    volume,
    maximum,
    centre: sliceOf(volume, centre),
    apexSlices: lengthMm / spacing,
    baseSlices: basalMm / spacing,
    radius: radiusMm / spacing,
  };
}

const sliceOf = (grid: Grid, point: Parameters<typeof transformPoint>[1]): number =>
  transformPoint(worldToVoxel(grid), point)[2];

function columnsOf(
  states: readonly MappedState[],
  quantified: Quantified,
  difference: CardiacSummary['difference'],
): PolarColumn[] {
  const columns = states.map((state, index): PolarColumn => {
    const result = quantified.states[index]?.perfusion;
    const level = levelOf(state, result);
    return {
      title: `${titleOf(state)} uptake`,
      values: state.mapped.map.values.map((value) => value / level),
      abnormal: result?.abnormal ?? null,
      maximum: 1.1,
      texts: SEGMENTS.map((_, n) =>
        result === undefined ? '' : (100 * result.segments[n]!.ofNormal).toFixed(0),
      ),
      scores: SEGMENTS.map((_, n) => result?.segments[n]?.score ?? 0),
      scoreTitle: result === undefined ? 'no limits' : `Summed score ${result.summedScore}`,
    };
  });
  const [stress, rest] = (['stress', 'rest'] as const).map((name) => {
    const index = states.findIndex(({ state }) => state === name);
    return quantified.states[index]?.perfusion;
  });
  if (difference === null || stress === undefined || rest === undefined) return columns;
  const worse = new Map(difference.segments.map(({ segment, score }) => [segment, score]));
  return [
    ...columns,
    {
      title: 'Rest less stress',
      values: rest.uptake.map((value, pixel) => Math.max(0, value - stress.uptake[pixel]!)),
      abnormal: null,
      maximum: 0.5,
      texts: SEGMENTS.map((_, n) =>
        (100 * (rest.segments[n]!.ofNormal - stress.segments[n]!.ofNormal)).toFixed(0),
      ),
      scores: SEGMENTS.map(({ number }) => worse.get(number) ?? 0),
      scoreTitle: `Difference score ${difference.summedDifferenceScore}`,
    },
  ];
}
