/** Files that never belonged to a study do not make the work on it partial; images that could not be read do. */
const BYSTANDERS = new Set(['DICOM_NOT_DICOM', 'DICOM_DICOMDIR', 'DICOM_DUPLICATE_INSTANCE']);

export function isDamage({ code }: { readonly code: string }): boolean {
  return !BYSTANDERS.has(code);
}
