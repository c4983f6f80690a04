import { useMutation, useQuery } from '@tanstack/react-query';
import { Check, X } from 'lucide-react';
import { useState } from 'react';
import {
  type ConditionTrace,
  call,
  type RoutesTest,
  type RouteTrial,
  type SeriesPlan,
  worklistQuery,
} from '../api/index.ts';
import { Badge, Button, Field, Select } from '../ui/index.ts';

/** The text that is edited, tried on a study of the node: nothing is changed or sent. */
export function Trial({ text, disabled }: { readonly text: string; readonly disabled: boolean }) {
  const { data } = useQuery(worklistQuery);
  const [study, setStudy] = useState('');
  const trial = useMutation({
    mutationFn: () => call<RoutesTest>('POST', 'routes/test', { text, studyInstanceUid: study }),
  });
  return (
    <section aria-label="Try on a study" className="flex flex-col gap-3 p-3">
      <Field label="Study">
        {(id) => (
          <Select id={id} value={study} onChange={(event) => setStudy(event.target.value)} className="w-full">
            <option value="">Choose a study …</option>
            {data?.entries.map((entry) => (
              <option key={entry.studyInstanceUid} value={entry.studyInstanceUid}>
                {entry.patientName} · {entry.studyDate} · {entry.description}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Button disabled={study === '' || disabled || trial.isPending} onClick={() => trial.mutate()}>
        Try these routes
      </Button>
      {trial.error !== null && (
        <p role="alert" className="text-[12px] text-bad">
          {trial.error.message}
        </p>
      )}
      <ul aria-label="Routes of this study" className="flex flex-col gap-3">
        {trial.data?.routes.map((route) => (
          <li key={route.name}>
            <RouteResult route={route} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function RouteResult({ route }: { readonly route: RouteTrial }) {
  return (
    <article className="rounded-md border border-line bg-surface p-2.5">
      <h3 className="flex items-center gap-2 text-[13px] font-semibold">
        {route.name}
        <Badge tone={route.matches ? 'good' : 'neutral'}>{route.matches ? 'taken' : 'not taken'}</Badge>
        <span className="font-normal text-muted">{route.pipeline ?? 'forward only'}</span>
      </h3>
      {route.traces.length === 0 && <p className="mt-1 text-[12px] text-muted">No condition is set.</p>}
      <TraceList traces={route.traces} />
      {route.waitingFor.length > 0 && (
        <p className="mt-1 text-[12px] text-check">Would wait for {route.waitingFor.join('; ')}</p>
      )}
      {route.enhancement !== null && (
        <ul aria-label={`Series of ${route.name}`} className="mt-2 flex flex-col gap-2">
          {route.enhancement.map((plan) => (
            <li key={plan.seriesInstanceUid + plan.title}>
              <Plan plan={plan} />
            </li>
          ))}
        </ul>
      )}
    </article>
  );
}

/** A series, what would be done with it, why, and the rules that were asked. */
function Plan({ plan }: { readonly plan: SeriesPlan }) {
  return (
    <section className="rounded border border-line p-2 text-[12px]">
      <h4 className="flex flex-wrap items-center gap-2">
        <span className="font-semibold">
          {plan.modality} {plan.title}
        </span>
        <Badge tone={plan.method === null ? 'neutral' : 'good'}>{plan.method ?? 'stays as it is'}</Badge>
        {plan.phase !== null && <span className="text-muted">{plan.phase}</span>}
      </h4>
      <p className="text-muted">
        {plan.reason}
        {plan.settings.length > 0 && ` · ${plan.settings.join(', ')}`}
      </p>
      {plan.rules.map((rule) => (
        <div key={rule.name} className="mt-1">
          <p className="flex gap-1.5">
            {rule.holds ? (
              <Check size={14} aria-label="holds" className="mt-0.5 shrink-0 text-good" />
            ) : (
              <X size={14} aria-label="fails" className="mt-0.5 shrink-0 text-bad" />
            )}
            rule {rule.name}
          </p>
          <div className="ml-4 border-l border-line pl-2">
            <TraceList traces={rule.traces} />
          </div>
        </div>
      ))}
    </section>
  );
}

function TraceList({ traces }: { readonly traces: readonly ConditionTrace[] }) {
  return (
    <ul className="mt-1 flex flex-col gap-1 text-[12px]">
      {traces.map((trace) => (
        <li key={trace.text}>
          <p className="flex gap-1.5">
            {trace.holds ? (
              <Check size={14} aria-label="holds" className="mt-0.5 shrink-0 text-good" />
            ) : (
              <X size={14} aria-label="fails" className="mt-0.5 shrink-0 text-bad" />
            )}
            <span>
              {trace.text}
              {trace.found.length > 0 && (
                <span className="text-muted"> · found {trace.found.join(', ')}</span>
              )}
            </span>
          </p>
          {trace.parts.length > 0 && (
            <div className="ml-4 border-l border-line pl-2">
              <TraceList traces={trace.parts} />
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}
