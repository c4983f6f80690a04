import type { Site } from '@photopeak/analysis';
import { type Code, sct } from '@photopeak/dicom';

const code = (value: string, meaning: string): Code => ({ value, scheme: 'SCT', meaning });
/** Regions without a code of their own in the vocabulary at hand. */
const own = (value: string, meaning: string): Code => ({ value, scheme: '99PHOTOPEAK', meaning });

/** SNOMED CT codes of the sites that the analysis names. */
const SITES: Record<Site['name'], Code | null> = {
  head: code('69536005', 'Head'),
  neck: code('45048000', 'Neck'),
  'supraclavicular region': own('SUPRACLAV', 'Supraclavicular region'),
  axilla: code('91470000', 'Axilla'),
  lung: sct.lung,
  hilum: code('46750007', 'Hilum of lung'),
  mediastinum: code('72410000', 'Mediastinum'),
  'pleura or chest wall': code('78904004', 'Chest wall'),
  liver: sct.liver,
  'upper abdomen': code('80581009', 'Upper abdomen'),
  retroperitoneum: code('82849001', 'Retroperitoneum'),
  abdomen: sct.abdomen,
  'iliac region': own('ILIACREGION', 'Iliac region'),
  'inguinal region': code('26893007', 'Inguinal region'),
  pelvis: sct.pelvis,
  leg: code('61685007', 'Lower limb'),
  bone: sct.bone,
  'soft tissue': null,
};

export const siteCode = (site: Site): Code | null => SITES[site.name];

/** The midline is no laterality. */
export function lateralityCode(site: Site): Code | null {
  if (site.side === 'right') return sct.right;
  return site.side === 'left' ? sct.left : null;
}
