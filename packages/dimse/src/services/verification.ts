import type { OpenAssociation, Service } from '../association/index.ts';
import { DimseError } from '../errors.ts';
import { COMMAND_FIELD } from '../message/command.ts';
import { finalResponse } from '../message/responses.ts';
import { STATUS } from '../message/status.ts';
import { isUncompressed, TRANSFER_SYNTAX, VERIFICATION } from '../uids.ts';

/** C-ECHO as provider (PS3.4 annex A). */
export function verification(): Service {
  return {
    name: 'verification',
    commands: [COMMAND_FIELD['C-ECHO']],
    serves: (abstractSyntax) => abstractSyntax === VERIFICATION,
    choose: ({ transferSyntaxes }) => transferSyntaxes.find(isUncompressed),
    open: () => ({ perform: (_request, reply) => reply({ status: STATUS.success }) }),
  };
}

/** What an association has to propose for `echo`. */
export const ECHO_CONTEXT = {
  abstractSyntax: VERIFICATION,
  transferSyntaxes: [TRANSFER_SYNTAX.implicitLittleEndian, TRANSFER_SYNTAX.explicitLittleEndian],
};

/** C-ECHO as user; resolves to the status. */
export async function echo(association: OpenAssociation): Promise<number> {
  const context = association.context(VERIFICATION);
  if (context === undefined) {
    throw new DimseError(
      'DIMSE_CONTEXT_NOT_ACCEPTED',
      'The peer does not serve C-ECHO on this association.',
      {
        expected: 'an accepted presentation context for the verification service',
      },
    );
  }
  const responses = await association.request(context, {
    commandField: COMMAND_FIELD['C-ECHO'],
    affectedSopClassUid: VERIFICATION,
  });
  return (await finalResponse(responses)).status;
}
