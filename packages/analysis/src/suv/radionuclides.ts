/** Half-lives in seconds, for headers that name the nuclide but not its half-life (DDEP/ENSDF evaluations). */
interface Radionuclide {
  readonly symbol: string;
  readonly halfLifeS: number;
  /** SNOMED CT and the retired SRT code of CID 4020 and CID 18. */
  readonly codes: readonly string[];
  /** Imaged by its single photons, with a gamma camera. */
  readonly singlePhoton?: true;
  /** Also given in doses that treat. */
  readonly therapeutic?: true;
}

const RADIONUCLIDES: readonly Radionuclide[] = [
  { symbol: 'F-18', halfLifeS: 6586.2, codes: ['77004003', 'C-111A1'] },
  { symbol: 'Ga-68', halfLifeS: 4062.6, codes: ['35337001', 'C-131A3'] },
  { symbol: 'C-11', halfLifeS: 1221.8, codes: ['40565003', 'C-105A1'] },
  { symbol: 'N-13', halfLifeS: 597.9, codes: ['21576001', 'C-107A1'] },
  { symbol: 'O-15', halfLifeS: 122.24, codes: ['129504001', 'C-B1038'] },
  { symbol: 'Rb-82', halfLifeS: 76.4, codes: ['79197006', 'C-159A2'] },
  { symbol: 'Cu-64', halfLifeS: 45720, codes: ['3932008', 'C-127A2'] },
  { symbol: 'Zr-89', halfLifeS: 282240, codes: ['63360001', 'C-168A4'] },
  { symbol: 'I-124', halfLifeS: 360806.4, codes: ['40937006', 'C-114A5'] },
  {
    symbol: 'Lu-177',
    halfLifeS: 574300,
    codes: ['447553000', 'C-163AA'],
    therapeutic: true,
    singlePhoton: true,
  },
  { symbol: 'Tc-99m', halfLifeS: 21624.1, codes: ['72454006', 'C-163A8'], singlePhoton: true },
  { symbol: 'In-111', halfLifeS: 242326, codes: ['56609000', 'C-145A4'], singlePhoton: true },
  { symbol: 'I-123', halfLifeS: 47604, codes: ['21572004', 'C-114A4'], singlePhoton: true },
  {
    symbol: 'I-131',
    halfLifeS: 693377,
    codes: ['1368003', 'C-114B1'],
    therapeutic: true,
    singlePhoton: true,
  },
];

/** Digits and letters of a nuclide's name in one order: `^18^Fluorine`, `18F`, `F-18`, `177 Lutetium`. */
function symbolFromText(text: string): string | null {
  const mass = text.match(/\d{1,3}m?/)?.[0];
  if (mass === undefined) return null;
  const element = text.replace(mass, '').match(/[A-Za-z]{2,}|[A-Z]/)?.[0];
  if (element === undefined) return null;
  const names: Record<string, string> = {
    fluorine: 'F',
    fluor: 'F',
    gallium: 'Ga',
    carbon: 'C',
    nitrogen: 'N',
    oxygen: 'O',
    rubidium: 'Rb',
    copper: 'Cu',
    zirconium: 'Zr',
    iodine: 'I',
    lutetium: 'Lu',
    technetium: 'Tc',
    indium: 'In',
  };
  return `${names[element.toLowerCase()] ?? element}-${mass}`;
}

/** The half-life that belongs to a code or a name, or null where the nuclide is not known. */
export function findRadionuclide(code: string | null, meaning: string | null): Radionuclide | null {
  const byCode = RADIONUCLIDES.find((nuclide) => code !== null && nuclide.codes.includes(code));
  if (byCode !== undefined) return byCode;
  const symbol = meaning === null ? null : symbolFromText(meaning);
  return RADIONUCLIDES.find((nuclide) => nuclide.symbol.toLowerCase() === symbol?.toLowerCase()) ?? null;
}

/** True for a nuclide that a gamma camera images: such a series in the PET object is a SPECT. */
export function isSinglePhoton(code: string | null, meaning: string | null): boolean {
  return findRadionuclide(code, meaning)?.singlePhoton === true;
}
