import { type AnsweredContext, type AssociateRequest, isUid, type ProposedContext } from '../pdu/index.ts';
import { TRANSFER_SYNTAX } from '../uids.ts';
import type { AcceptedContext } from './info.ts';
import type { Service } from './service.ts';

export interface Negotiated {
  readonly answers: readonly AnsweredContext[];
  readonly accepted: readonly AcceptedContext[];
}

/** Answers every proposed context from what the services take (PS3.8 7.1.1.14, PS3.7 D.3.2). */
export function negotiate(proposals: readonly ProposedContext[], services: readonly Service[]): Negotiated {
  const answers: AnsweredContext[] = [];
  const accepted: AcceptedContext[] = [];
  for (const proposal of proposals) {
    const service = isUid(proposal.abstractSyntax)
      ? services.find((candidate) => candidate.serves(proposal.abstractSyntax))
      : undefined;
    const transferSyntaxes = proposal.transferSyntaxes.filter(isUid);
    const transferSyntax = service?.choose({ ...proposal, transferSyntaxes });
    if (transferSyntax !== undefined) {
      answers.push({ id: proposal.id, result: 'accepted', transferSyntax });
      accepted.push({ id: proposal.id, abstractSyntax: proposal.abstractSyntax, transferSyntax });
      continue;
    }
    const result =
      service === undefined ? 'abstract-syntax-not-supported' : 'transfer-syntaxes-not-supported';
    // Not significant, but some peers choke on an empty sub-item.
    answers.push({ id: proposal.id, result, transferSyntax: TRANSFER_SYNTAX.implicitLittleEndian });
  }
  return { answers, accepted };
}

/** The contexts that the answer accepts, joined with what was proposed. Answers to nothing are ignored. */
export function acceptedOf(
  request: AssociateRequest,
  answers: readonly AnsweredContext[],
): AcceptedContext[] {
  return answers.flatMap((answer) => {
    const proposal = request.contexts.find(({ id }) => id === answer.id);
    if (answer.result !== 'accepted' || proposal === undefined) return [];
    const { transferSyntax } = answer;
    if (!proposal.transferSyntaxes.includes(transferSyntax)) return [];
    return [{ id: answer.id, abstractSyntax: proposal.abstractSyntax, transferSyntax }];
  });
}
