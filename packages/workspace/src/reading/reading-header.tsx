import { ArrowLeft, BadgeCheck, PenLine } from 'lucide-react';
import { LiveMark, PersonMenu } from '../app/index.ts';
import { ageAt, dicomDate, dicomTime, personName } from '../text/index.ts';
import { Badge, IconButton } from '../ui/index.ts';
import type { ReadingModel } from './model.ts';

/** Who is on the screen, and what the result in view is: which program, which version, draft or signed. */
export function ReadingHeader({
  model,
  onLeave,
}: {
  readonly model: ReadingModel;
  readonly onLeave: () => void;
}) {
  const { entry } = model.detail;
  const age = ageAt(entry.birthDate, entry.studyDate);
  const facts = [
    entry.patientId,
    dicomDate(entry.birthDate),
    entry.sex,
    age === undefined ? '' : `${age} y`,
  ].filter((fact) => fact !== '');
  return (
    <header className="flex h-11 shrink-0 items-center gap-3 border-b border-line bg-surface px-2 text-[13px]">
      <IconButton label="Work list" hint="Esc" onClick={onLeave}>
        <ArrowLeft size={16} aria-hidden />
      </IconButton>
      <h1
        className="max-w-80 shrink-0 truncate text-[15px] font-semibold"
        title={personName(entry.patientName)}
      >
        {personName(entry.patientName)}
      </h1>
      <p className="min-w-0 truncate text-muted">{facts.join('  ·  ')}</p>
      <p className="hidden min-w-0 truncate text-muted xl:block">
        {dicomDate(entry.studyDate)} {dicomTime(entry.studyTime)} {entry.description}
      </p>
      <div className="ml-auto flex shrink-0 items-center gap-3">
        <ResultMark model={model} />
        <LiveMark />
        <PersonMenu pages={false} />
      </div>
    </header>
  );
}

function ResultMark({ model }: { readonly model: ReadingModel }) {
  const { run } = model;
  if (run === undefined || run.review === 'none') return null;
  const program = `${run.pipeline.title} ${run.pipeline.version}`;
  if (run.review === 'signed') {
    return (
      <Badge tone="good" title={`AI result of ${run.pipeline.name} ${run.pipeline.version}`}>
        <BadgeCheck size={12} aria-hidden /> Signed by {run.signature?.signedBy ?? 'a reader'} · {program}
      </Badge>
    );
  }
  return (
    <Badge tone="ai" title={`${run.pipeline.name} ${run.pipeline.version}, phase ${run.phase}`}>
      <PenLine size={12} aria-hidden /> AI draft · {program}
      {run.phase !== 'production' && ` · ${run.phase}`}
    </Badge>
  );
}
