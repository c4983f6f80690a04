import { type Code, dcm } from '../../codes/index.ts';
import { Dataset } from '../../data/index.ts';
import { codeItem, readCode } from './code-item.ts';

/** The piece of software that makes the object: General and Enhanced General Equipment, PS3.3 C.7.5.1, C.7.5.2. */
export interface Equipment {
  readonly manufacturer: string;
  readonly model: string;
  readonly deviceSerialNumber: string;
  readonly softwareVersions: string | readonly string[];
}

/** The model or method that found a result: Algorithm Identification Macro (PS3.3 10.16) and TID 4019. */
export interface Algorithm {
  readonly name: string;
  readonly version: string;
  readonly manufacturer: string;
  /** Default: Artificial Intelligence. */
  readonly family?: Code;
  /** `name=value` each. */
  readonly parameters?: readonly string[];
  /** Device UID (0018,1002): a new one whenever the model is retrained or replaced. */
  readonly deviceUid?: string;
}

/** What all instances of a new series have in common. */
export interface SeriesContext {
  /** Header of an instance of the study the result belongs to; patient and study attributes are taken from it. */
  readonly source: Dataset;
  readonly equipment: Equipment;
  readonly seriesInstanceUid: string;
  readonly seriesNumber: number;
  /** At most 64 characters. */
  readonly seriesDescription: string;
  /** Content date-time, ISO 8601 local, e.g. `2026-11-23T10:15:00`. */
  readonly at: string;
  /** Content Qualification (0018,9004); whatever derives from RESEARCH stays RESEARCH. */
  readonly contentQualification?: 'PRODUCT' | 'RESEARCH' | 'SERVICE';
  /** Models that took part, listed in Contributing Equipment with their Device UID. */
  readonly algorithms?: readonly Algorithm[];
}

/** What every builder of a single object takes. */
export interface ObjectContext extends SeriesContext {
  readonly sopInstanceUid: string;
  /** Default 1. */
  readonly instanceNumber?: number;
}

/** Longest LO value, PS3.5 Table 6.2-1. */
const LO_LIMIT = 64;
export const limitLo = (text: string): string => (text.length <= LO_LIMIT ? text : text.slice(0, LO_LIMIT));

/** Between the parameters of an algorithm in (0066,0032). */
const PARAMETER_SEPARATOR = '; ';

/** Algorithm Identification Macro, PS3.3 Table 10-19. */
export function algorithmItem(algorithm: Algorithm): Dataset {
  return Dataset.of({
    AlgorithmFamilyCodeSequence: codeItem(algorithm.family ?? dcm.artificialIntelligence),
    AlgorithmName: limitLo(algorithm.name),
    AlgorithmVersion: limitLo(algorithm.version),
    AlgorithmSource: limitLo(algorithm.manufacturer),
    AlgorithmParameters: algorithm.parameters?.join(PARAMETER_SEPARATOR),
  });
}

/** The algorithm of an item of Segment Sequence and others that carry the macro; undefined where it has no name. */
export function readAlgorithm(item: Dataset): Algorithm | undefined {
  const name = item.text('AlgorithmName');
  if (name === undefined) return undefined;
  const parameters = item.text('AlgorithmParameters');
  const family = readCode(item, 'AlgorithmFamilyCodeSequence');
  return {
    name,
    version: item.text('AlgorithmVersion') ?? '',
    manufacturer: item.text('AlgorithmSource') ?? '',
    ...(parameters === undefined ? {} : { parameters: parameters.split(PARAMETER_SEPARATOR) }),
    ...(family === undefined ? {} : { family }),
  };
}
