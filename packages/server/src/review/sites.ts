import { type Code, sct } from '@photopeak/dicom';

/** Anatomical sites that a reader may choose when modifying a finding, as coded in the report (CID 4031). */
export const reviewSites: readonly { readonly name: string; readonly code: Code }[] = [
  sct.abdomen,
  sct.adrenal,
  sct.aorta,
  sct.bladder,
  sct.bone,
  sct.brain,
  sct.colon,
  sct.duodenum,
  sct.esophagus,
  sct.gallbladder,
  sct.headAndNeck,
  sct.heart,
  sct.kidney,
  sct.liver,
  sct.lung,
  sct.lymphNode,
  sct.pancreas,
  sct.parotid,
  sct.pelvis,
  sct.prostate,
  sct.rectum,
  sct.salivaryGland,
  sct.skull,
  sct.smallBowel,
  sct.spine,
  sct.spleen,
  sct.stomach,
  sct.thorax,
  sct.thyroid,
  sct.trachea,
].map((code) => ({ name: code.meaning, code }));

export function siteCode(name: string): Code | undefined {
  return reviewSites.find((site) => site.name === name)?.code;
}
