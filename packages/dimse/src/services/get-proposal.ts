import type { AssociateOptions, ProposedSyntaxes } from '../association/index.ts';
import { TRANSFER_SYNTAX } from '../uids.ts';
import { serviceContext } from './contexts.ts';

const { explicitLittleEndian, implicitLittleEndian } = TRANSFER_SYNTAX;

/**
 * Presentation contexts to receive SOP classes: one for the uncompressed syntaxes and one for each compressed syntax
 * of each class, so that the sender can give what it has.
 */
export function storageContexts(
  sopClasses: readonly string[],
  compressed: readonly string[] = [],
): ProposedSyntaxes[] {
  return sopClasses.flatMap((abstractSyntax) => [
    { abstractSyntax, transferSyntaxes: [explicitLittleEndian, implicitLittleEndian] },
    ...compressed.map((syntax) => ({ abstractSyntax, transferSyntaxes: [syntax] })),
  ]);
}

/** What `associate` needs for a C-GET: the service, and storage with this side as provider (PS3.4 C.5.3.1). */
export function getProposal(
  model: string,
  storage: readonly ProposedSyntaxes[],
): Required<Pick<AssociateOptions, 'contexts' | 'roles'>> {
  const sopClasses = [...new Set(storage.map(({ abstractSyntax }) => abstractSyntax))];
  return {
    contexts: [serviceContext(model), ...storage],
    roles: sopClasses.map((sopClassUid) => ({ sopClassUid, scu: false, scp: true })),
  };
}
