import { type RecognisedTracer, recogniseTracer, type TracerWords } from '@photopeak/analysis';
import { type Code, codeKey, type Dataset, dcm, type Series, scheme, sct } from '@photopeak/dicom';

/** What the headers of a PET series say of its tracer (PS3.3 C.8.9.2; of Enhanced PET C.8.22.4). */
export function tracerWords(series: Series): TracerWords {
  const { dataset } = series.instances[0]!;
  const items = dataset.items('RadiopharmaceuticalInformationSequence');
  const coded = items.flatMap((item) => [...item.items('RadiopharmaceuticalCodeSequence')]);
  const nuclides = items.flatMap((item) => [...item.items('RadionuclideCodeSequence')]);
  const present = (...texts: readonly (string | undefined)[]) =>
    texts.flatMap((text) => (text === undefined || text.trim() === '' ? [] : [text]));
  return {
    codes: coded.flatMap(keyOf),
    names: [
      ...items.flatMap((item) => present(item.text('Radiopharmaceutical'))),
      ...coded.flatMap((item) => present(item.text('CodeMeaning'))),
    ],
    descriptions: present(
      dataset.text('SeriesDescription'),
      dataset.text('StudyDescription'),
      dataset.text('ProtocolName'),
      dataset.text('RequestedProcedureDescription'),
    ),
    radionuclide:
      nuclides.flatMap((item) => present(item.text('CodeMeaning'), item.text('CodeValue')))[0] ?? null,
  };
}

/** The tracer that headers name. */
export const tracerOf = (series: Series): RecognisedTracer => recogniseTracer(tracerWords(series));

/** `SCHEME:value` in its current form. */
function keyOf(item: Dataset): string[] {
  const value = item.text('CodeValue');
  const designator = item.text('CodingSchemeDesignator');
  if (value === undefined || designator === undefined) return [];
  return [
    codeKey({ value, scheme: designator })
      .replace('|', ':')
      .replace(/^ncit:/i, 'NCIT:'),
  ];
}

const ncit = scheme('NCIt');
const umls = scheme('UMLS');

/** Codes of PS3.16 CID 4021 by agent; an agent without one is told in words. */
const CODES: Readonly<Record<string, Code>> = {
  FDG: sct.fluorodeoxyglucose,
  'sodium fluoride': sct.sodiumFluoride,
  'PSMA-11': ncit('C118961', 'PSMA-11 Ga^68^'),
  'PSMA-617': dcm.psma617,
  'PSMA-1007': dcm.psma1007,
  DCFPyL: ncit('C116352', 'DCFPyL F^18^'),
  DCFBC: ncit('C96234', 'DCFBC F^18^'),
  DOTATATE: umls('C1742831', 'tyrosine-3-octreotate Ga^68^'),
  DOTATOC: umls('C2713594', 'Edotreotide Ga^68^'),
};

/**
 * The code of an agent where it is certain: the codes of DOTATATE and DOTATOC are those with Ga-68, and are not given
 * to the same peptide with another radionuclide.
 */
export function agentCode(agent: string, radionuclide: string | null): Code | string {
  const code = CODES[agent];
  const isGallium = radionuclide === null || /ga/i.test(radionuclide);
  return code === undefined || (code.meaning.includes('Ga^68^') && !isGallium) ? agent : code;
}
