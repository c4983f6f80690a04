import type { Layer, PaneContent } from '../viewer/index.ts';
import type { PaneDefinition } from './layouts.ts';
import type { ReadingModel } from './model.ts';
import { frameOf } from './moves.ts';
import type { ReadingState } from './reading-state.ts';
import type { LoadedVolume } from './volumes.ts';

function layer(volume: LoadedVolume, range: Layer['range'], table: Layer['table'], opacity = 1): Layer {
  return { volumeId: volume.id, grid: volume, range: volume.ownRange ?? range, table, opacity };
}

interface Pictures {
  readonly ct: LoadedVolume | undefined;
  readonly pet: LoadedVolume | undefined;
}

function layers(
  { show }: PaneDefinition,
  state: ReadingState,
  { fusion }: ReadingModel,
  { ct, pet }: Pictures,
): readonly Layer[] {
  const { ctRange, petRange, petTable, fusionTable, opacity, content } = state;
  if (show === 'ct') return ct === undefined ? [] : [layer(ct, ctRange, 'grey')];
  if (show === 'pet') return pet === undefined ? [] : [layer(pet, petRange, petTable)];
  if (!fusion.isAllowed) return [];
  const petAlone = pet === undefined ? [] : [layer(pet, petRange, petTable)];
  if (ct === undefined) return petAlone;
  const ctAlone = [layer(ct, ctRange, 'grey')];
  if (content === 'pet') return petAlone;
  if (content === 'ct' || pet === undefined) return ctAlone;
  return [...ctAlone, layer(pet, petRange, fusionTable, opacity)];
}

/** What a pane shows now; undefined while nothing of it has arrived. */
export function paneContent(
  definition: PaneDefinition,
  state: ReadingState,
  model: ReadingModel,
  pictures: Pictures = { ct: model.ctPicture, pet: model.petPicture },
): PaneContent | undefined {
  const [first, second] = layers(definition, state, model, pictures);
  if (first === undefined) return undefined;
  return {
    kind: definition.kind,
    layers: second === undefined ? [first] : [first, second],
    point: state.points[frameOf(definition.show)],
    azimuthDegrees: state.azimuthDegrees,
  };
}

/** A pane whose empty parts are white, as inverted grey is. */
export function isWhite(definition: PaneDefinition, state: ReadingState): boolean {
  const showsPet = definition.show === 'pet' || (definition.show === 'fusion' && state.content === 'pet');
  return showsPet && state.petTable === 'inverted-grey';
}
