/** Regions of the body by the words with which descriptions name them. */
const REGIONS: Readonly<Record<string, readonly string[]>> = {
  head: ['head', 'brain', 'skull', 'schädel', 'schaedel', 'kopf', 'neuro', 'crane', 'cerveau'],
  neck: ['neck', 'hals', 'thyroid', 'cervical', 'cou'],
  chest: ['chest', 'thorax', 'lung', 'hrct', 'lunge', 'poumon', 'mediastin'],
  heart: ['heart', 'cardiac', 'coronar', 'herz', 'coeur', 'myocard'],
  breast: ['breast', 'mamma', 'mammo', 'sein'],
  abdomen: ['abdomen', 'abdom', 'liver', 'kidney', 'pancrea', 'oberbauch', 'bauch', 'foie'],
  pelvis: ['pelvi', 'becken', 'prostat', 'bladder', 'uter', 'bassin'],
  spine: ['spine', 'lumbar', 'wirbel', 'rachis', 'lws', 'bws', 'hws'],
  extremity: ['knee', 'hip', 'ankle', 'shoulder', 'elbow', 'wrist', 'hand', 'foot', 'knie', 'femur', 'tibia'],
};
/** Trunk and head: what a whole-body examination shows. */
const WHOLE = [
  'whole body',
  'wholebody',
  'ganzkörper',
  'ganzkoerper',
  'skull base to',
  'eyes to thigh',
  'corps entier',
];

/** Regions that a text names; empty where it names none. */
export function regionsOf(...texts: readonly string[]): ReadonlySet<string> {
  const text = texts
    .join(' ')
    .toLowerCase()
    .replaceAll(/[_\-.]+/g, ' ');
  if (WHOLE.some((word) => text.includes(word))) return new Set(Object.keys(REGIONS));
  return new Set(
    Object.entries(REGIONS).flatMap(([region, words]) =>
      words.some((word) => text.includes(word)) ? [region] : [],
    ),
  );
}
