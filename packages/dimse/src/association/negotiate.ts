import {
  type AnsweredContext,
  type AssociateRequest,
  type CommonExtendedNegotiation,
  type ExtendedNegotiation,
  isUid,
  type ProposedContext,
  type RoleSelection,
} from '../pdu/index.ts';
import { TRANSFER_SYNTAX } from '../uids.ts';
import type { AcceptedContext } from './info.ts';
import type { Service } from './service.ts';

export interface Negotiated {
  readonly answers: readonly AnsweredContext[];
  readonly accepted: readonly AcceptedContext[];
  readonly roles: readonly RoleSelection[];
  readonly extended: readonly ExtendedNegotiation[];
}

/**
 * Answers all that a request proposes from what the services take (PS3.8 7.1.1.14, PS3.7 D.3.2 and D.3.3); with
 * `allowed`, nothing but those abstract syntaxes.
 */
export function negotiate(
  { contexts, user }: AssociateRequest,
  services: readonly Service[],
  allowed?: ReadonlySet<string>,
): Negotiated {
  const answers: AnsweredContext[] = [];
  const accepted: AcceptedContext[] = [];
  for (const proposal of contexts) {
    const isAllowed = allowed === undefined || allowed.has(proposal.abstractSyntax);
    const service =
      isAllowed && isUid(proposal.abstractSyntax)
        ? serviceOf(proposal, services, user.roles, user.commonExtended)
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
  const isAccepted = ({ sopClassUid }: { readonly sopClassUid: string }) =>
    accepted.some(({ abstractSyntax }) => abstractSyntax === sopClassUid);
  return {
    answers,
    accepted,
    roles: user.roles.filter(isAccepted).map((role) => roleAnswer(role, services, user.commonExtended)),
    extended: user.extended.filter(isAccepted).flatMap(({ sopClassUid, information }) => {
      const answer = services
        .find((service) => service.extended !== undefined && service.serves(sopClassUid))
        ?.extended?.(sopClassUid, information);
      return answer === undefined ? [] : [{ sopClassUid, information: answer }];
    }),
  };
}

/** Whether a service serves an abstract syntax, by its own UID or by those that it is said to be related to. */
export function servesContext(
  service: Service,
  abstractSyntax: string,
  common: readonly CommonExtendedNegotiation[],
): boolean {
  if (service.serves(abstractSyntax)) return true;
  const related = common.find(({ sopClassUid }) => sopClassUid === abstractSyntax);
  return related?.relatedGeneralSopClassUids.some((uid) => isUid(uid) && service.serves(uid)) ?? false;
}

function serviceOf(
  { abstractSyntax }: ProposedContext,
  services: readonly Service[],
  roles: readonly RoleSelection[],
  common: readonly CommonExtendedNegotiation[],
): Service | undefined {
  const serving = services.find((service) => servesContext(service, abstractSyntax, common));
  if (serving !== undefined) return serving;
  const isOffered = roles.some(({ sopClassUid, scp }) => scp && sopClassUid === abstractSyntax);
  return isOffered ? services.find((service) => service.uses?.(abstractSyntax)) : undefined;
}

/** PS3.7 D.3.3.4.2: never more than was proposed. */
function roleAnswer(
  { sopClassUid, scu, scp }: RoleSelection,
  services: readonly Service[],
  common: readonly CommonExtendedNegotiation[],
): RoleSelection {
  return {
    sopClassUid,
    scu: scu && services.some((service) => servesContext(service, sopClassUid, common)),
    scp: scp && services.some((service) => service.uses?.(sopClassUid) ?? false),
  };
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
