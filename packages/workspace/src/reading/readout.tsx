import { useStore } from 'zustand';
import { locationText, toPet, type Vec3, voxelAt } from '../geometry/index.ts';
import { uptake } from '../text/index.ts';
import type { ReadingModel } from './model.ts';
import { isSuvUnit, readable } from './presets.ts';
import type { ReadingStore } from './reading-state.ts';
import { suvKinds, suvOf } from './uptake.ts';
import type { LoadedVolume } from './volumes.ts';

function measured(volume: LoadedVolume | undefined, point: Vec3): number | undefined {
  return volume === undefined || volume.isPreview ? undefined : voxelAt(volume, point);
}

function Value({ label, value, unit, id }: { label: string; value: string; unit?: string; id: string }) {
  return (
    <span className="whitespace-nowrap">
      <span className="text-faint">{label} </span>
      <span data-readout={id} className="inline-block min-w-9 text-right font-medium text-text">
        {value}
      </span>
      {unit !== undefined && <span className="text-faint"> {unit}</span>}
    </span>
  );
}

/** HU and SUV of the voxel under the mouse, or of the cross-hair: read from the voxels, never from the picture. */
export function Readout({ model, store }: { readonly model: ReadingModel; readonly store: ReadingStore }) {
  const { hover, points, isLinked } = useStore(store);
  const { ct, pet, deformation } = model;
  const ctPoint = hover === null || (!isLinked && hover.frame === 'pet') ? points.ct : hover.point;
  const petPoint = hover === null || (!isLinked && hover.frame === 'ct') ? points.pet : hover.point;
  const at = hover?.point ?? points.pet;
  const hu = measured(ct, ctPoint);
  // What a deformed picture shows at a point lies elsewhere in the PET.
  const activity = measured(pet, deformation === undefined ? petPoint : toPet(deformation, petPoint));
  const suv = activity === undefined ? undefined : suvOf(activity, pet!.unit, pet!.suv);
  const refusal = pet?.suv?.status === 'refused' ? pet.suv.reason : undefined;
  const place = (['sagittal', 'coronal', 'axial'] as const).map((kind) =>
    locationText(kind, at).replace(' mm', ''),
  );
  return (
    <div className="flex h-7 shrink-0 items-center gap-5 overflow-hidden border-t border-line bg-surface px-3 text-[12px]">
      <span className="text-muted">
        {hover === null ? 'Cross-hair' : hover.isProjected ? 'Brightest in sight' : 'Cursor'}
      </span>
      <span className="w-48 whitespace-nowrap text-muted">
        {isLinked || hover !== null ? `${place.join('   ')} mm` : 'CT and PET apart'}
      </span>
      {ct !== undefined && (
        <Value id="hu" label="CT" value={hu === undefined ? '—' : String(Math.round(hu))} unit="HU" />
      )}
      {pet !== undefined &&
        refusal === undefined &&
        suvKinds.map(({ kind, label, unit }) => {
          const value = suv?.[kind];
          return (
            <Value
              key={kind}
              id={kind}
              label={label}
              value={value === undefined ? '—' : uptake(value)}
              unit={unit}
            />
          );
        })}
      {pet !== undefined && !isSuvUnit(pet.unit) && (
        <Value
          id="activity"
          label="PET"
          value={activity === undefined ? '—' : uptake(readable(activity, pet.unit).value)}
          unit={readable(1, pet.unit).name}
        />
      )}
      {refusal !== undefined && <span className="truncate text-check">SUV not computable: {refusal}</span>}
    </div>
  );
}
