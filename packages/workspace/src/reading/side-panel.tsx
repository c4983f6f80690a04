import type { Dispatcher } from '../actions/index.ts';
import type { ReadingContext } from './context.ts';
import { Facts } from './facts.tsx';
import { LesionDetail } from './lesion-detail.tsx';
import { LesionTable } from './lesion-table.tsx';
import { ReviewBar } from './review-bar.tsx';
import { RunProgress } from './run-progress.tsx';
import { StudyRecord } from './study-record.tsx';

/** Findings, decisions and the facts that they rest on. */
export function SidePanel({
  dispatcher,
  context,
}: {
  readonly dispatcher: Dispatcher<ReadingContext>;
  readonly context: ReadingContext;
}) {
  return (
    <aside
      aria-label="Findings and facts"
      className="flex w-[clamp(340px,24vw,440px)] shrink-0 flex-col border-l border-line bg-surface"
    >
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by key
        tabIndex={0}
        aria-label="Findings"
        className="min-h-0 flex-1 overflow-y-auto"
      >
        <RunProgress model={context.model} />
        <LesionTable context={context} dispatcher={dispatcher} />
        <LesionDetail context={context} dispatcher={dispatcher} />
        <Facts context={context} />
        <StudyRecord studyUid={context.model.detail.entry.studyInstanceUid} />
      </section>
      <ReviewBar dispatcher={dispatcher} context={context} />
    </aside>
  );
}
