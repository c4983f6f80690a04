import { type Code, dcm } from '../../codes/index.ts';
import type { Dataset } from '../../data/index.ts';
import {
  addCommonInstanceReferences,
  codeItem,
  type InstanceReference,
  sopReferenceItem,
} from '../common/index.ts';

/** How an image was computed. */
export interface Derivation {
  /** CID 7203 codes and ours, e.g. `dcm.smoothing`, `photopeak.aiDenoising`. */
  readonly derivations: readonly Code[];
  /** Model, version, parameters, what was kept; at most 1024 characters. */
  readonly derivationDescription: string;
}

/** General Reference, PS3.3 C.12.4, and Derivation: from which images, by what, and whether pixels lie where theirs do. */
export function addDerivation(
  object: Dataset,
  { derivations, derivationDescription }: Derivation,
  sources: readonly InstanceReference[],
  isInPlace: boolean,
): void {
  object.set('DerivationDescription', derivationDescription.slice(0, 1024));
  object.set('DerivationCodeSequence', derivations.map(codeItem));
  object.set(
    'SourceImageSequence',
    sources.map((reference) =>
      sopReferenceItem(reference)
        .set('PurposeOfReferenceCodeSequence', codeItem(dcm.sourceImageForProcessing))
        .set('SpatialLocationsPreserved', isInPlace ? 'YES' : 'NO'),
    ),
  );
  addCommonInstanceReferences(object, object.text('StudyInstanceUID') ?? '', sources);
}
