import { Calculator } from 'lucide-react';
import type { PetctSummary } from '../api/index.ts';
import { uptake } from '../text/index.ts';
import { Badge, classes, IconButton } from '../ui/index.ts';
import type { ReadingContext } from './context.ts';

type Registration = NonNullable<PetctSummary['registration']>;

function Rows({ rows }: { readonly rows: readonly (readonly [string, string])[] }) {
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5">
      {rows.map(([label, value]) => (
        <div key={label} className="contents">
          <dt className="text-muted">{label}</dt>
          <dd className="min-w-0 text-right break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const tones = { green: 'good', amber: 'check', red: 'bad' } as const;
const words = { green: 'good', amber: 'check', red: 'poor' } as const;

function RegistrationFacts({ registration }: { readonly registration: Registration }) {
  const { score, scoreReason, reason, regions, uncertaintyMm, used, deformable } = registration;
  return (
    <section className="space-y-1.5 p-3" aria-labelledby="registration-heading">
      <div className="flex items-center justify-between">
        <h2 id="registration-heading" className="text-[13px] font-semibold">
          Registration
        </h2>
        {score !== null && registration.class !== null && (
          <Badge tone={tones[registration.class]}>
            {score} · {words[registration.class]}
          </Badge>
        )}
      </div>
      <p className="text-muted">
        {scoreReason === '' ? '' : `${scoreReason[0]!.toUpperCase()}${scoreReason.slice(1)}. `}
        {reason}
      </p>
      <Rows
        rows={[
          [
            'Alignment',
            {
              identity: 'of the scanner',
              rigid: 'rigid, moved PET',
              given: 'of another system',
              none: 'none',
            }[used],
          ],
          ...(deformable?.used === true
            ? [['Deformation', 'in the pictures, captures and sites; D shows the PET without it'] as const]
            : []),
          ...(uncertaintyMm === null ? [] : [['Uncertainty', `${uncertaintyMm.toFixed(1)} mm`] as const]),
          ...regions.map(
            (region) =>
              [
                region.name[0]!.toUpperCase() + region.name.slice(1),
                region.misalignmentMm === null ? region.reason : `${region.misalignmentMm.toFixed(1)} mm`,
              ] as const,
          ),
        ]}
      />
    </section>
  );
}

function referenceText(reference: NonNullable<PetctSummary['references']>['liver']): string {
  if (reference.status !== 'ok') return `not placed: ${reference.reason}`;
  const band = reference.withinBand ? '' : ` (outside ${reference.band[0]}–${reference.band[1]})`;
  return `${uptake(reference.mean)} ± ${uptake(reference.sd)}${band}`;
}

/** Dose, times, weight, reconstruction and references: what the numbers rest on. */
export function Facts({ context }: { readonly context: ReadingContext }) {
  const { model, store } = context;
  const { summary, detail } = model;
  const suv = summary?.suv;
  const pet = model.pet?.suv;
  const { weightKg, sizeM } = detail.patient;
  const examination: (readonly [string, string])[] = [
    ['Weight', weightKg === null ? 'missing' : `${weightKg} kg`],
    ['Height', sizeM === null ? 'missing' : `${sizeM.toFixed(2)} m`],
  ];
  if (suv?.status === 'ok') {
    const { injectedActivityBq, uptakeMinutes } = suv;
    examination.push(
      ['Injected', injectedActivityBq === null ? 'missing' : `${(injectedActivityBq / 1e6).toFixed(1)} MBq`],
      ['Uptake time', uptakeMinutes === null ? 'missing' : `${uptakeMinutes.toFixed(0)} min`],
    );
  }
  const references = summary?.references;
  if (references !== null && references !== undefined) {
    examination.push(
      ['Liver (3 cm)', referenceText(references.liver)],
      ['Blood pool', referenceText(references.bloodPool)],
    );
  }
  const chosen = summary?.chosen;
  return (
    <div className="divide-y divide-line text-[12px]">
      {summary?.registration !== null && summary?.registration !== undefined && (
        <RegistrationFacts registration={summary.registration} />
      )}
      <section className="space-y-1.5 p-3" aria-labelledby="examination-heading">
        <div className="flex h-6 items-center justify-between">
          <h2 id="examination-heading" className="text-[13px] font-semibold">
            Examination
          </h2>
          {pet !== null && pet !== undefined && (
            <IconButton
              label="How the SUV was computed"
              onClick={() => store.setState({ dialog: 'suv' })}
              className="tip-left"
            >
              <Calculator size={14} aria-hidden />
            </IconButton>
          )}
        </div>
        <Rows rows={examination} />
        {suv?.status === 'refused' && (
          <p className="text-check">
            SUV not computable: {suv.reason}. {suv.remedy}
          </p>
        )}
      </section>
      {chosen !== undefined && (
        <section className="space-y-1.5 p-3" aria-labelledby="series-heading">
          <h2 id="series-heading" className="text-[13px] font-semibold">
            Series
          </h2>
          {[chosen.pet, chosen.ct].map(
            (series) =>
              series !== null && (
                <div key={series.seriesInstanceUid}>
                  <p>
                    <span className="text-muted">{series.modality === 'PT' ? 'PET' : series.modality}</span>{' '}
                    {series.description}
                  </p>
                  <p className={classes('text-[11px] text-faint')}>
                    Chosen: {series.reason} · {series.instanceCount} images
                  </p>
                </div>
              ),
          )}
        </section>
      )}
      {summary !== undefined && summary.findings.length > 0 && (
        <section className="space-y-1.5 p-3" aria-labelledby="notices-heading">
          <h2 id="notices-heading" className="text-[13px] font-semibold">
            Notices
          </h2>
          <ul className="space-y-1">
            {summary.findings.map((finding) => (
              <li key={`${finding.code} ${finding.message}`}>
                <span className={finding.severity === 'info' ? 'text-text' : 'text-check'}>
                  {finding.message}
                </span>
                {finding.remedy !== undefined && <span className="text-muted"> {finding.remedy}</span>}
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
