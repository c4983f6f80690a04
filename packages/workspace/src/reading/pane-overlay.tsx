import { edgeLetters, locationText, type PaneKind, viewVectors } from '../geometry/index.ts';
import { classes } from '../ui/index.ts';
import type { PaneDefinition } from './layouts.ts';
import type { ReadingModel } from './model.ts';
import { baseGrid, frameOf, planeNumber } from './moves.ts';
import { petRangeText, windowText } from './presets.ts';
import type { ReadingState } from './reading-state.ts';
import { ScaleBar } from './scale-bar.tsx';

const kinds: Readonly<Record<PaneKind, string>> = {
  axial: 'Axial',
  coronal: 'Coronal',
  sagittal: 'Sagittal',
  mip: 'MIP',
};

/** What is in the pane now: `CT + PET`, `CT`, `PET`. */
function shown(definition: PaneDefinition, now: ReadingState, model: ReadingModel) {
  const content =
    definition.show !== 'fusion' ? definition.show : now.content === 'fused' ? 'fusion' : now.content;
  const ct = (content === 'ct' || content === 'fusion') && model.ct !== undefined;
  const pet = (content === 'pet' || content === 'fusion') && model.petPicture !== undefined;
  const text = [ct ? 'CT' : '', pet ? 'PET' : ''].filter((part) => part !== '').join(' + ');
  const { frame } = model.layer ?? {};
  const isCompared = now.comparison !== 'original' && ((frame === 'ct' && ct) || (frame === 'pet' && pet));
  const sides = now.curtain === null ? now.comparison : `original | ${now.comparison}`;
  return { ct, pet, text, compared: isCompared ? `${frame === 'ct' ? 'CT' : 'PET'} ${sides}` : '' };
}

export function paneTitle(definition: PaneDefinition, now: ReadingState, model: ReadingModel): string {
  const seen = shown(definition, now, model);
  const added = [seen.pet && model.deformation !== undefined ? 'PET deformed' : '', seen.compared];
  const text = [seen.text, ...added.filter((part) => part !== '')].join(', ');
  const grid = baseGrid(model, definition.show);
  if (definition.kind === 'mip') return `${kinds.mip} ${text}, turned by ${now.azimuthDegrees} degrees`;
  if (grid === undefined) return `${kinds[definition.kind]}, loading`;
  const point = now.points[frameOf(definition.show)];
  const [number, count] = planeNumber(grid, definition.kind, point);
  return `${kinds[definition.kind]} ${text}, plane ${number} of ${count}, ${locationText(definition.kind, point)}`;
}

/** Letters, window, range, plane and location, on the four sides of a picture. */
export function PaneOverlay({
  definition,
  model,
  now,
  white,
}: {
  readonly definition: PaneDefinition;
  readonly model: ReadingModel;
  readonly now: ReadingState;
  readonly white: boolean;
}) {
  const { kind } = definition;
  const { ct, pet, text, compared } = shown(definition, now, model);
  const edges = edgeLetters(viewVectors(kind, now.azimuthDegrees));
  const grid = baseGrid(model, definition.show);
  const point = now.points[frameOf(definition.show)];
  const isPreview = (ct && model.ct?.isPreview === true) || (pet && model.petPicture?.isPreview === true);
  const fraction = model.loading.get(ct && model.ct?.isPreview === true ? 'ct' : 'pet');
  if (!ct && !pet) {
    return <p className="overlay absolute inset-0 flex items-center justify-center">Loading…</p>;
  }
  return (
    <div className={classes('overlay absolute inset-0', white && 'overlay-on-white')} aria-hidden>
      <div className="absolute top-1.5 left-2">
        <p className="font-medium">
          {kinds[kind]} {text}
        </p>
        {pet && model.deformation !== undefined && <p>PET deformed</p>}
        {compared !== '' && <p>{compared}</p>}
        {isPreview && (
          <p>
            Preview
            {fraction === undefined
              ? ', a quarter of the resolution'
              : `, ${Math.round(fraction * 100)} % loaded`}
          </p>
        )}
      </div>
      <div className="absolute top-1.5 right-2 text-right">
        {ct && <p>{windowText(model.ctPicture?.ownRange ?? now.ctRange)}</p>}
        {pet && <p>{petRangeText(model.petPicture!.ownRange ?? now.petRange, model.petPicture!.unit)}</p>}
      </div>
      <div className="absolute bottom-1.5 left-2">
        {kind === 'mip' ? (
          <p>{now.azimuthDegrees.toFixed(0)}°</p>
        ) : (
          grid !== undefined && (
            <>
              <p>{planeNumber(grid, kind, point).join(' / ')}</p>
              <p>{locationText(kind, point)}</p>
            </>
          )
        )}
      </div>
      <span className="absolute top-1.5 left-1/2 -translate-x-1/2 font-semibold">{edges.top}</span>
      <span className="absolute bottom-1.5 left-1/2 -translate-x-1/2 font-semibold">{edges.bottom}</span>
      <span className="absolute top-1/2 left-2 -translate-y-1/2 font-semibold">{edges.left}</span>
      <span className="absolute top-1/2 right-2 -translate-y-1/2 font-semibold">{edges.right}</span>
      {pet && (
        <ScaleBar
          range={model.petPicture!.ownRange ?? now.petRange}
          unit={model.petPicture!.unit}
          table={ct ? now.fusionTable : now.petTable}
        />
      )}
    </div>
  );
}
