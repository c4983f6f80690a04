import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { call, keys, patientChangesQuery } from '../api/index.ts';
import { AdministrationPage } from '../app/index.ts';
import { dicomDate, moment } from '../text/index.ts';
import { Badge, Button } from '../ui/index.ts';
import { type Change, differencesOf, headlineOf } from './changes.ts';

/** What HL7 messages changed about how studies are shown, for an administrator: what, by which message, and undo. */
export function PatientsPage() {
  const { data, error } = useQuery(patientChangesQuery);
  return (
    <AdministrationPage title="Patients">
      <main className="min-h-0 flex-1 overflow-auto p-4">
        <p className="mb-3 max-w-prose text-[13px] text-muted">
          Merges, changed numbers and corrected data that HL7 messages told. Files are never changed: only
          under whom studies are shown.
        </p>
        {error !== null && (
          <p role="alert" className="text-bad">
            {error.message}
          </p>
        )}
        {data?.changes.length === 0 && (
          <p className="text-[13px] text-muted">No message changed a patient.</p>
        )}
        {data !== undefined && data.changes.length > 0 && (
          <ul aria-label="Changes of patients, the newest first" className="flex flex-col gap-2">
            {data.changes.map((change) => (
              <ChangeCard key={change.id} change={change} />
            ))}
          </ul>
        )}
      </main>
    </AdministrationPage>
  );
}

function ChangeCard({ change }: { readonly change: Change }) {
  const client = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const undo = useMutation({
    mutationFn: () => call('POST', `patient-changes/${change.id}/undo`),
    onSettled: () => {
      setAsking(false);
      void client.invalidateQueries({ queryKey: keys.patientChanges });
      void client.invalidateQueries({ queryKey: keys.worklist });
    },
  });
  const { message, undoneAt, undoFirst, studies } = change;
  return (
    <li
      aria-label={`Change ${change.id}`}
      className="rounded-md border border-line bg-surface p-3 text-[13px]"
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="font-medium">{headlineOf(change)}</h2>
        {undoneAt !== null && (
          <Badge>
            Undone {moment(undoneAt)}
            {change.undoneBy === null ? '' : ` by ${change.undoneBy}`}
          </Badge>
        )}
        <span className="text-[12px] text-muted">
          Change {change.id} · {moment(change.madeAt)}
          {message === null ? '' : ` · ${message.type} from ${message.sender}, message ${message.controlId}`}
        </span>
        <div className="ml-auto flex items-center gap-2">
          {undoneAt === null && undoFirst !== null && (
            <span className="text-[12px] text-muted">Undo change {undoFirst} first</span>
          )}
          {undoneAt === null && undoFirst === null && !isAsking && (
            <Button look="quiet" onClick={() => setAsking(true)}>
              Undo…
            </Button>
          )}
          {isAsking && (
            <>
              <span>Show {studies.length === 1 ? '1 study' : `${studies.length} studies`} as before?</span>
              <Button look="primary" disabled={undo.isPending} onClick={() => undo.mutate()}>
                Undo this change
              </Button>
              <Button look="quiet" onClick={() => setAsking(false)}>
                Keep it
              </Button>
            </>
          )}
        </div>
      </div>
      {undo.error !== null && (
        <p role="alert" className="mt-2 text-bad">
          {undo.error.message}
        </p>
      )}
      {studies.length === 0 ? (
        <p className="mt-2 text-[12px] text-muted">
          No study of this patient was here; it counts for later ones.
        </p>
      ) : (
        <table className="mt-2 w-full border-collapse text-left text-[12px]">
          <thead className="text-muted">
            <tr className="border-b border-line">
              {['Study', 'Was shown as', 'Is shown as'].map((label) => (
                <th key={label} scope="col" className="py-1 pr-3 font-medium">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {studies.map((study) => {
              const differences = differencesOf(study);
              return (
                <tr key={study.studyInstanceUid} className="border-b border-line/60 align-top">
                  <td className="py-1 pr-3">
                    <Link
                      to="/studies/$studyUid"
                      params={{ studyUid: study.studyInstanceUid }}
                      className="underline-offset-4 hover:underline"
                    >
                      {dicomDate(study.studyDate)} {study.description || 'No description'}
                    </Link>
                  </td>
                  <td className="py-1 pr-3 text-muted">
                    {differences.map(({ before }) => before).join(' · ')}
                  </td>
                  <td className="py-1 pr-3">{differences.map(({ after }) => after).join(' · ')}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </li>
  );
}
