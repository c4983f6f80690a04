import { useEffect, useState } from 'react';
import { call, type DeformationGrid, download, type PetctSummary, type RunDetail } from '../api/index.ts';
import type { DisplacementField } from '../geometry/index.ts';

/** Whether a run says that it deformed the PET: by a deformation of its own or by that of another system. */
export function isDeformed(summary: PetctSummary | undefined): boolean {
  const registration = summary?.registration;
  return registration?.deformable?.used === true || registration?.foreign?.deforms === true;
}

/** The field by which a run deforms the PET; undefined until it is here. */
export function useDeformation(
  run: RunDetail | undefined,
  summary: PetctSummary | undefined,
): { readonly field: DisplacementField | undefined; readonly problem: Error | undefined } {
  const [loaded, setLoaded] = useState<{
    readonly runId: string;
    readonly field?: DisplacementField;
    readonly problem?: Error;
  }>();
  const runId = isDeformed(summary) ? run?.id : undefined;
  useEffect(() => {
    if (runId === undefined) return;
    const abort = new AbortController();
    const load = async () => {
      const grid = await call<DeformationGrid>('GET', `runs/${runId}/deformation/geometry`);
      const buffer = await download(grid.vectorsHref, grid.byteLength, { signal: abort.signal });
      const { size, spacingMm, origin, direction } = grid;
      const field = { size, spacingMm, origin, direction, data: new Float32Array(buffer) };
      if (!abort.signal.aborted) setLoaded({ runId, field });
    };
    load().catch((error: unknown) => {
      if (!abort.signal.aborted) setLoaded({ runId, problem: error as Error });
    });
    return () => abort.abort();
  }, [runId]);
  const isOfRun = runId !== undefined && loaded?.runId === runId;
  return { field: isOfRun ? loaded.field : undefined, problem: isOfRun ? loaded.problem : undefined };
}
