import { type Finding, finding } from '../errors/index.ts';
import type { Series } from './group.ts';

/** UCUM for Units (0054,1001) of PET, PS3.3 C.8.9.1.1.3. */
const petUnits: Readonly<Record<string, string>> = {
  BQML: 'Bq/ml',
  CNTS: '{counts}',
  CPS: '{counts}/s',
  PROPCNTS: '{propcounts}',
  PROPCPS: '{propcounts}/s',
  GML: 'g/ml{SUVbw}',
  CM2ML: 'cm2/ml{SUVbsa}',
  PCNT: '%',
  NONE: '1',
  CM2: 'cm2',
  UMOLML: 'umol/ml',
  MGMINML: 'mg/min/ml',
  UMOLMINML: 'umol/min/ml',
  MLMING: 'ml/min/g',
  MLG: 'ml/g',
  '1CM': '/cm',
};

const suvUnits: Readonly<Record<string, string>> = {
  BW: 'g/ml{SUVbw}',
  BSA: 'cm2/ml{SUVbsa}',
  LBM: 'g/ml{SUVlbm}',
  LBMJAMES128: 'g/ml{SUVlbm(James128)}',
  LBMJANMA: 'g/ml{SUVlbm(Janma)}',
  IBW: 'g/ml{SUVibw}',
};

/** Unit of the rescaled values of a stack. */
export function unitOf(series: Series): { unit: string; declared: string | undefined; finding?: Finding } {
  const { dataset } = series.instances[0]!;
  const mapped = series.slices[0]?.unit;
  if (series.modality === 'PT') {
    const values = new Set(series.instances.map((instance) => instance.dataset.text('Units') ?? ''));
    const declared = dataset.text('Units');
    const suv = suvUnits[dataset.text('SUVType') ?? 'BW'];
    const unit =
      declared === 'GML' && suv !== undefined ? suv : (petUnits[declared ?? ''] ?? mapped ?? '{unknown}');
    if (values.size === 1) return { unit, declared };
    return {
      unit,
      declared,
      finding: finding('SERIES_MIXED_RESCALE', `Slices declare several units: ${[...values].join(', ')}`),
    };
  }
  const declared = dataset.text('RescaleType');
  if (series.modality === 'CT') {
    const hounsfield = declared === undefined || declared === 'HU' || declared === 'US';
    return { unit: hounsfield ? "[hnsf'U]" : (mapped ?? '{unknown}'), declared };
  }
  if (series.modality === 'RTDOSE') {
    const dose = dataset.text('DoseUnits');
    return { unit: dose === 'GY' ? 'Gy' : '1', declared: dose };
  }
  if (series.modality === 'NM')
    return { unit: mapped ?? '{counts}', declared: declared ?? dataset.text('Units') };
  return { unit: mapped ?? '1', declared };
}
