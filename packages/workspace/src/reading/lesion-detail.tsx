import { useStore } from 'zustand';
import { ActionButton, type Dispatcher } from '../actions/index.ts';
import { millilitres, uptake } from '../text/index.ts';
import { isOpenForReview, type ReadingContext, selectedLesion } from './context.ts';
import type { Lesion } from './lesions.ts';

const kinds: Readonly<Record<string, string>> = {
  bw: 'SUVbw',
  lbm: 'SUVlbm',
  lbmJames120: 'SUVlbm (James)',
  lbmJanmahasatian: 'SUVlbm (Janmahasatian)',
  bsa: 'SUVbsa',
  ibw: 'SUVibw',
};

function numbers({ measured }: Lesion, kind: string): readonly (readonly [string, string])[] {
  const prefix = kinds[kind] ?? 'SUV';
  return [
    [`${prefix} max`, uptake(measured.suvMax)],
    ['peak (1 cm³)', measured.suvPeak === null ? (measured.suvPeakNote ?? '—') : uptake(measured.suvPeak)],
    ['mean ± SD', `${uptake(measured.suvMean)} ± ${uptake(measured.suvSd)}`],
    ['MTV', `${millilitres(measured.mtvMl)} ml`],
    ['TLG', `${measured.tlgG.toFixed(1)} g`],
    ['Threshold', `${measured.threshold.method}, ${uptake(measured.threshold.value)}`],
  ];
}

/** The finding in view: its numbers, what the AI thought, and the decision. */
export function LesionDetail({
  context,
  dispatcher,
}: {
  readonly context: ReadingContext;
  readonly dispatcher: Dispatcher<ReadingContext>;
}) {
  useStore(context.store, (now) => now.selected);
  const lesion = selectedLesion(context);
  const run = context.model.run;
  if (lesion === undefined || run === undefined) return null;
  const { measured, decision, physiological } = lesion;
  return (
    <section className="space-y-2.5 border-b border-line p-3 text-[12px]" aria-labelledby="finding-heading">
      <div>
        <h2 id="finding-heading" className="text-[13px] font-semibold">
          {lesion.tag} {lesion.name}
        </h2>
        <p className="text-muted">
          {lesion.site === '' ? 'No site' : lesion.site}
          {decision?.site === undefined || decision.site === null
            ? measured.siteConfidence !== null &&
              ` · AI, confidence ${Math.round(measured.siteConfidence * 100)} %`
            : ' · set by a reader'}
        </p>
      </div>
      {physiological !== null && (
        <p className="text-muted">
          Taken for physiological uptake ({physiological.kind}): {physiological.reason}.
        </p>
      )}
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5">
        {numbers(lesion, context.model.summary?.suvKind ?? 'bw').map(([label, value]) => (
          <div key={label} className="contents">
            <dt className="text-muted">{label}</dt>
            <dd className="text-right">{value}</dd>
          </div>
        ))}
      </dl>
      <p className="text-[11px] text-faint">
        {decision === undefined
          ? `AI draft: ${run.pipeline.name} ${run.pipeline.version}`
          : `${lesion.verdict[0]!.toUpperCase()}${lesion.verdict.slice(1)} by ${decision.decidedBy}, ${decision.decidedAt.slice(0, 16).replace('T', ' ')} UTC`}
      </p>
      {isOpenForReview(context) && (
        <div className="flex gap-1.5">
          {['finding.accept', 'finding.edit', 'finding.reject'].map((id) => (
            <ActionButton
              key={id}
              dispatcher={dispatcher}
              id={id}
              context={context}
              withLabel
              className="flex-1 border border-line tip-up"
            />
          ))}
        </div>
      )}
    </section>
  );
}
