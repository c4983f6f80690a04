import { buildHangingProtocol, uidFrom, writePart10 } from '@photopeak/dicom';
import { equipmentOf, MANUFACTURER } from '../study/index.ts';

/** When these sets and places were laid down: another arrangement is another date, and another UID. */
const LAID_DOWN = '2026-11-30T00:00:00';

/**
 * A Hanging Protocol object for a site's viewers: originals on the left, enhanced series on the right. The same for the
 * same modalities.
 */
export function enhancementHangingProtocol(modalities: readonly string[]): Uint8Array {
  const sorted = [...new Set(modalities)].sort();
  return writePart10({
    dataset: buildHangingProtocol({
      name: `AI beside ${sorted.join(' ')}`.slice(0, 16).trim(),
      description: `Original left, enhanced by ${MANUFACTURER} right: ${sorted.join(', ')}`,
      modalities: sorted,
      sopInstanceUid: uidFrom(MANUFACTURER, 'hanging protocol', LAID_DOWN, ...sorted),
      equipment: equipmentOf({ name: 'enhancement', version: LAID_DOWN }),
      at: LAID_DOWN,
    }),
  });
}
