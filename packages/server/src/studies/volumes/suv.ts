import type { PetctSummary } from '@photopeak/pipelines';
import type { SuvStatus } from '../../api/contract.ts';

/** What the newest run says about the SUV of a PET series, with the factor that turns its voxels into SUVbw. */
export interface PetSuv {
  readonly status: SuvStatus;
  /** SUVbw per voxel unit; undefined where the voxels stay in their own unit. */
  readonly factor: number | undefined;
}

export function petSuv(seriesInstanceUid: string, summary: PetctSummary | undefined): PetSuv {
  const refused = (code: string, reason: string): PetSuv => ({
    status: { status: 'refused', code, reason },
    factor: undefined,
  });
  if (summary === undefined) return refused('SUV_NOT_COMPUTED', 'no run has computed SUV for this study yet');
  if (summary.chosen.pet?.seriesInstanceUid !== seriesInstanceUid) {
    const why = summary.chosen.rejected.find(
      (series) => series.seriesInstanceUid === seriesInstanceUid,
    )?.reason;
    return refused('SUV_SERIES_NOT_CHOSEN', why ?? 'this series was not chosen for quantification');
  }
  const { suv } = summary;
  if (suv === null) return refused('SUV_NOT_COMPUTED', 'the run ended before SUV was computed');
  if (suv.status === 'refused') return refused(suv.code, suv.reason);
  const { bw, lbm, bsa, ibw } = suv.factors;
  if (bw === undefined) return refused('SUV_BW_REFUSED', suv.refusedKinds.bw ?? 'SUVbw is not computable');
  const ratio = (factor: number | undefined) => (factor === undefined ? undefined : factor / bw);
  const ratios = { bw: 1, lbm: ratio(lbm), bsa: ratio(bsa), ibw: ratio(ibw) };
  const status: SuvStatus = {
    status: 'ok',
    factors: { bw, lbm: lbm ?? null, bsa: bsa ?? null, ibw: ibw ?? null },
    ratios: Object.fromEntries(Object.entries(ratios).filter(([, value]) => value !== undefined)),
    derivation: suv.derivation,
    warnings: suv.perSlice ? ['the factor differs between slices; the voxels stay in their own unit'] : [],
  };
  return { status, factor: suv.perSlice ? undefined : bw };
}
