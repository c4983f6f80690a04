import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { call, keys, type QualityList, qualityQuery, sessionQuery } from '../api/index.ts';
import { AdministrationPage } from '../app/index.ts';
import { moment } from '../text/index.ts';
import { Badge, Button, TextInput } from '../ui/index.ts';
import { ModelsTable } from './models-table.tsx';
import { ScoreForm } from './score-form.tsx';
import { askedOf, type Entry, VERDICTS } from './words.ts';

/** Enhanced series as quality control saw them: what is held back, flagged, or drawn to be looked at. */
export function QualityPage() {
  const { data, error } = useQuery(qualityQuery);
  return (
    <AdministrationPage title="Quality">
      <main className="min-h-0 flex-1 overflow-auto p-4">
        <p className="mb-3 max-w-prose text-[13px] text-muted">
          Enhanced images that are held back, flagged, or drawn to be looked at. What is held back neither
          readers nor the PACS have seen.
        </p>
        {error !== null && (
          <p role="alert" className="text-bad">
            {error.message}
          </p>
        )}
        {data !== undefined && <Lists quality={data} />}
      </main>
    </AdministrationPage>
  );
}

function Lists({ quality }: { readonly quality: QualityList }) {
  const waiting = quality.entries.filter(({ isOpen }) => isOpen);
  const others = quality.entries.filter(({ isOpen }) => !isOpen);
  return (
    <div className="flex flex-col gap-5">
      <section aria-label="Waiting">
        <h2 className="mb-2 font-medium">Waiting ({waiting.length})</h2>
        {waiting.length === 0 && <p className="text-[13px] text-muted">Nothing waits for you.</p>}
        <ul className="flex flex-col gap-2">
          {waiting.map((entry) => (
            <EntryCard key={entry.id} entry={entry} />
          ))}
        </ul>
      </section>
      <section aria-label="Models">
        <h2 className="mb-2 font-medium">Models</h2>
        <ModelsTable models={quality.models} />
      </section>
      <section aria-label="Looked at">
        <h2 className="mb-2 font-medium">Others, the newest first ({others.length})</h2>
        <ul className="flex flex-col gap-2">
          {others.map((entry) => (
            <EntryCard key={entry.id} entry={entry} />
          ))}
        </ul>
      </section>
    </div>
  );
}

function EntryCard({ entry }: { readonly entry: Entry }) {
  const { data: session } = useQuery(sessionQuery);
  const roles = session?.user.roles ?? [];
  const { verdict, reasons, picture, runId } = entry;
  return (
    <li
      aria-label={`${entry.model}, ${entry.description}`}
      className="rounded-md border border-line bg-surface p-3 text-[13px]"
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Badge tone={VERDICTS[verdict].tone}>{VERDICTS[verdict].word}</Badge>
        <h3 className="font-medium">{entry.model}</h3>
        <Link
          to="/studies/$studyUid"
          params={{ studyUid: entry.studyInstanceUid }}
          className="underline-offset-4 hover:underline"
        >
          {entry.modality} {entry.description}
        </Link>
        <span className="text-[12px] text-muted">
          {entry.scanner} · {moment(entry.notedAt)} · {askedOf(entry)}
        </span>
      </div>
      {reasons.length > 0 && (
        <ul aria-label="Reasons" className="mt-2 list-disc pl-5 text-check">
          {reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      {picture !== null && (
        <img
          src={`/api/runs/${runId}/results/${picture}`}
          alt="Original, enhanced and difference; the place that stands out most is marked"
          className="mt-2 w-full max-w-[1152px] rounded"
          loading="lazy"
        />
      )}
      <Figures figures={entry.figures} />
      {entry.decision === 'waiting' && roles.includes('physicist') && <HeldDecision entry={entry} />}
      {entry.scores.map((score) => (
        <p key={score.scoredAt} className="mt-2 text-[12px] text-muted">
          {score.scoredBy}, {moment(score.scoredAt)}: artefacts {score.artefacts}, sharpness {score.sharpness}
          , noise texture {score.noiseTexture}, confidence {score.confidence}
          {score.comment === null ? '' : ` — ${score.comment}`}
        </p>
      ))}
      {(roles.includes('physicist') || roles.includes('technologist')) && <ScoreForm entry={entry} />}
    </li>
  );
}

function Figures({ figures }: { readonly figures: Entry['figures'] }) {
  return (
    <dl className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-[12px]">
      {Object.entries(figures).map(([name, value]) => (
        <div key={name} className="flex gap-1">
          <dt className="text-muted">{name}</dt>
          <dd>{Number(value.toPrecision(3))}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Only a physicist may let a series out that was held back. */
function HeldDecision({ entry }: { readonly entry: Entry }) {
  const client = useQueryClient();
  const [comment, setComment] = useState('');
  const decide = useMutation({
    mutationFn: (decision: 'released' | 'rejected') =>
      call('POST', `quality/${entry.id}/decision`, {
        decision,
        ...(comment === '' ? {} : { comment }),
      }),
    onSettled: () => client.invalidateQueries({ queryKey: keys.quality }),
  });
  return (
    <div className="mt-3 flex flex-wrap items-center gap-2">
      <TextInput
        aria-label="Why"
        placeholder="Why"
        value={comment}
        maxLength={1024}
        className="max-w-80"
        onChange={(event) => setComment(event.target.value)}
      />
      <Button look="primary" disabled={decide.isPending} onClick={() => decide.mutate('released')}>
        Release to readers and PACS
      </Button>
      <Button disabled={decide.isPending} onClick={() => decide.mutate('rejected')}>
        Reject
      </Button>
      {decide.error !== null && (
        <p role="alert" className="text-bad">
          {decide.error.message}
        </p>
      )}
    </div>
  );
}
