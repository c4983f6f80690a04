import type { TracerName } from './presets.ts';

/** What headers say of the tracer; null where they say nothing. */
export interface TracerWords {
  /** Codes of the radiopharmaceutical, each as `scheme:value` in its current form, e.g. `SCT:35321007`. */
  readonly codes: readonly string[];
  /** Radiopharmaceutical, meanings of codes; most telling first. */
  readonly names: readonly string[];
  /** Descriptions of series, study and protocol: asked only where the names say nothing. */
  readonly descriptions: readonly string[];
  /** Meaning or code of the radionuclide, or null. */
  readonly radionuclide: string | null;
}

export interface RecognisedTracer {
  readonly tracer: TracerName;
  /** The agent, e.g. `DCFPyL`; the text of the header where it is unknown. */
  readonly agent: string;
  readonly how: 'code' | 'name' | 'description' | 'assumed' | 'unknown';
  /** In words. */
  readonly reason: string;
}

interface Agent {
  readonly tracer: TracerName;
  readonly agent: string;
  readonly codes?: readonly string[];
  /** Over text in lower case without blanks, dashes, brackets and carets. */
  readonly text: RegExp;
}

/**
 * Agents by code (PS3.16 CID 4021) and by the words that sites write; the first that fits decides, so the special
 * stand before the general.
 */
const agents: readonly Agent[] = [
  { tracer: 'psma-1007', agent: 'PSMA-1007', codes: ['DCM:126758'], text: /psma1007/ },
  { tracer: 'psma', agent: 'PSMA-11', codes: ['NCIT:C118961'], text: /psma11|psmahbedcc|gozetotide/ },
  { tracer: 'psma', agent: 'PSMA-617', codes: ['DCM:126759'], text: /psma617/ },
  {
    tracer: 'psma',
    agent: 'DCFPyL',
    codes: ['NCIT:C116352'],
    text: /dcfpyl|piflufolastat|pylarify|pylclari/,
  },
  { tracer: 'psma', agent: 'DCFBC', codes: ['NCIT:C96234'], text: /dcfbc/ },
  { tracer: 'psma', agent: 'rhPSMA-7', text: /rhpsma|flotufolastat|posluma/ },
  { tracer: 'psma', agent: 'PSMA-I&T', text: /psmai&?t\b|psmait|psmaiandt/ },
  { tracer: 'psma', agent: 'PSMA', text: /psma|prostatespecificmembrane/ },
  {
    tracer: 'somatostatin',
    agent: 'DOTATATE',
    codes: ['UMLS:C1742831'],
    text: /dota?tate|octreotate|oxodotreotide|netspot|detectnet/,
  },
  {
    tracer: 'somatostatin',
    agent: 'DOTATOC',
    codes: ['UMLS:C2713594'],
    text: /dota?toc|edotreotide|somakit/,
  },
  { tracer: 'somatostatin', agent: 'DOTANOC', text: /dota?noc/ },
  { tracer: 'somatostatin', agent: 'somatostatin receptor ligand', text: /sstr|somatostatin|satoreotide/ },
  { tracer: 'fapi', agent: 'FAPI', text: /fapi|fibroblastactivation/ },
  {
    tracer: 'fluoride',
    agent: 'sodium fluoride',
    codes: ['SCT:129501009'],
    text: /sodiumfluoride|fluoridef|f18fluoride|18ffluoride|\bnaf\b|18fnaf|f18naf|nafpet|fluorid(e|io)?$/,
  },
  {
    tracer: 'fdg',
    agent: 'FDG',
    codes: ['SCT:35321007'],
    text: /fdg|deoxyglu[ck]os|desoxyglu[ck]os|fludeoxy|fluorodeoxy|fluordesoxy/,
  },
];

/** Text as `agents` read it. */
const plain = (text: string): string => text.toLowerCase().replace(/[\s\-_^[\](){}/.,:;]+/g, '');

/** Words that say that a tracer was given and not which. */
const SAYS_NOTHING =
  /^(|f18|18f|fluorine(18)?|18fluorine|ga68|68ga|gallium(68)?|68gallium|unknown|other|none|solution|radiopharmaceutical)$/;

/**
 * The tracer from what headers say: code first, then name, then descriptions. F-18 (or nothing at all) without any
 * name is taken for FDG, and says so; everything else that is not in the table is `unknown`.
 */
export function recogniseTracer(words: TracerWords): RecognisedTracer {
  for (const code of words.codes) {
    const found = agents.find(({ codes }) => codes?.includes(code));
    if (found !== undefined)
      return { tracer: found.tracer, agent: found.agent, how: 'code', reason: `code ${code}` };
  }
  for (const [how, texts] of [
    ['name', words.names],
    ['description', words.descriptions],
  ] as const) {
    const telling = texts.filter((text) => !SAYS_NOTHING.test(plain(text)));
    for (const text of telling) {
      const found = agents.find(({ text: pattern }) => pattern.test(plain(text)));
      if (found !== undefined)
        return {
          tracer: found.tracer,
          agent: found.agent,
          how,
          reason: `${how === 'name' ? 'name' : 'description'} “${text.trim()}”`,
        };
    }
    const [named] = telling;
    if (how === 'name' && named !== undefined)
      return {
        tracer: 'unknown',
        agent: named.trim(),
        how: 'unknown',
        reason: `“${named.trim()}” is no tracer that is known here`,
      };
  }
  const nuclide = words.radionuclide === null ? '' : plain(words.radionuclide);
  if (nuclide === '' || /fluor|f18|18f/.test(nuclide))
    return {
      tracer: 'fdg',
      agent: 'FDG',
      how: 'assumed',
      reason: `the headers name no tracer${words.radionuclide === null ? '' : `, only ${words.radionuclide}`}`,
    };
  return {
    tracer: 'unknown',
    agent: words.radionuclide ?? '',
    how: 'unknown',
    reason: `the headers name no tracer, only ${words.radionuclide}`,
  };
}
