import { useQuery } from '@tanstack/react-query';
import { worklistQuery } from '../api/index.ts';
import { Meter } from '../ui/index.ts';
import type { ReadingModel } from './model.ts';

/** How far the run is while it runs, and why it failed when it did. */
export function RunProgress({ model }: { readonly model: ReadingModel }) {
  const { studyInstanceUid } = model.detail.entry;
  const { data: progress } = useQuery({
    ...worklistQuery,
    select: ({ entries }) =>
      entries.find((entry) => entry.studyInstanceUid === studyInstanceUid)?.progress ?? null,
  });
  const { run, detail } = model;
  if (run?.state === 'failed' && run.error !== null) {
    return (
      <section role="alert" className="border-b border-line p-3 text-[13px]">
        <h2 className="font-medium text-bad">Processing failed</h2>
        <p>{run.error.message}</p>
        {run.error.remedy !== null && <p className="text-muted">{run.error.remedy}</p>}
        <p className="text-[11px] text-faint">{run.error.code}</p>
      </section>
    );
  }
  if (run !== undefined && (run.state === 'queued' || run.state === 'running')) {
    return (
      <section className="space-y-2 border-b border-line p-3 text-[13px]">
        <h2 className="font-medium">Processing: {run.pipeline.title}</h2>
        {progress === null || progress === undefined ? (
          <p className="text-muted">{run.state === 'queued' ? 'Waiting for its turn.' : 'Starting…'}</p>
        ) : (
          <>
            <p className="flex justify-between text-muted">
              <span>{progress.step}</span>
              <span>{Math.round(progress.fraction * 100)} %</span>
            </p>
            <Meter label={`Progress of ${progress.step}`} fraction={progress.fraction} />
          </>
        )}
      </section>
    );
  }
  if (run === undefined && detail.entry.stateReason !== null) {
    return (
      <section className="border-b border-line p-3 text-[13px]">
        <h2 className="font-medium">No result</h2>
        <p className="text-muted">{detail.entry.stateReason}</p>
      </section>
    );
  }
  return null;
}
