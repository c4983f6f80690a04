import type { AcceptedContext, OpenAssociation, ProposedSyntaxes } from '../association/index.ts';
import { DimseError } from '../errors.ts';
import type { ProposedContext } from '../pdu/index.ts';
import { TRANSFER_SYNTAX } from '../uids.ts';

const { explicitLittleEndian, implicitLittleEndian } = TRANSFER_SYNTAX;

/** What an association has to propose for queries, retrieval, work lists and N-services. */
export function serviceContext(abstractSyntax: string): ProposedSyntaxes {
  return { abstractSyntax, transferSyntaxes: [explicitLittleEndian, implicitLittleEndian] };
}

/** The syntax in which this side takes identifiers and attribute lists. */
export function chooseForService({ transferSyntaxes }: ProposedContext): string | undefined {
  return [explicitLittleEndian, implicitLittleEndian].find((uid) => transferSyntaxes.includes(uid));
}

/** The accepted context for an abstract syntax, or DIMSE_CONTEXT_NOT_ACCEPTED. */
export function requireContext(association: OpenAssociation, abstractSyntax: string): AcceptedContext {
  const context = association.context(abstractSyntax);
  if (context !== undefined) return context;
  throw new DimseError('DIMSE_CONTEXT_NOT_ACCEPTED', 'The peer does not serve this on this association.', {
    expected: `an accepted presentation context for ${abstractSyntax}`,
    where: association.info.calledAeTitle,
    remedy: 'Ask the administrator of the peer to allow the service for our AE title.',
  });
}
