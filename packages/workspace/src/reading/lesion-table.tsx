import { Plus } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import { ActionButton, type Dispatcher } from '../actions/index.ts';
import { millilitres, uptake } from '../text/index.ts';
import { classes, IconButton } from '../ui/index.ts';
import { isOpenForReview, type ReadingContext } from './context.ts';
import { isFinding, type Lesion, totalsOf, visibleLesions } from './lesions.ts';
import { showLesion } from './moves.ts';
import { VerdictMark } from './verdict-mark.tsx';

/** Findings and, on demand, physiological uptake. A line moves the pictures; a click in a picture marks its line. */
export function LesionTable({
  context,
  dispatcher,
}: {
  readonly context: ReadingContext;
  readonly dispatcher: Dispatcher<ReadingContext>;
}) {
  const { store, model } = context;
  const { showsPhysiological, selected } = useStore(store);
  const lesions = visibleLesions(model.lesions, showsPhysiological);
  const hidden = model.lesions.filter((lesion) => !isFinding(lesion)).length;
  const totals = totalsOf(model.lesions);
  const body = useRef<HTMLTableSectionElement>(null);
  useEffect(() => {
    if (selected === null) return;
    body.current?.querySelector(`[data-lesion="${selected}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [selected]);
  if (model.summary === undefined) return null;
  return (
    <section className="border-b border-line" aria-labelledby="findings-heading">
      <div className="flex h-10 items-center justify-between px-3">
        <h2 id="findings-heading" className="text-[13px] font-semibold">
          Findings <span className="font-normal text-muted">{totals.count}</span>
        </h2>
        {hidden > 0 && (
          <span className="flex items-center text-[12px] text-muted">
            {hidden} physiological {showsPhysiological ? 'shown' : 'hidden'}
            <ActionButton dispatcher={dispatcher} id="physiological" context={context} className="tip-left" />
          </span>
        )}
      </div>
      {lesions.length === 0 ? (
        <p className="px-3 pb-3 text-[13px] text-muted">
          {model.summary.suv?.status === 'ok'
            ? 'No uptake above the threshold.'
            : 'Without SUV no findings were looked for.'}
        </p>
      ) : (
        <table className="w-full text-[12px]">
          <caption className="sr-only">Findings with their measurements</caption>
          <thead className="text-[11px] text-faint">
            <tr>
              <th scope="col" className="py-1 pl-3 text-left font-normal">
                <span className="sr-only">State</span>
              </th>
              <th scope="col" className="px-1 text-left font-normal">
                Finding
              </th>
              <th scope="col" className="px-1 text-right font-normal whitespace-nowrap">
                SUVmax
              </th>
              <th scope="col" className="px-1 text-right font-normal">
                mean
              </th>
              <th scope="col" className="pr-3 pl-1 text-right font-normal whitespace-nowrap">
                MTV ml
              </th>
            </tr>
          </thead>
          <tbody ref={body}>
            {lesions.map((lesion) => (
              <Row
                key={lesion.id}
                lesion={lesion}
                isSelected={lesion.id === selected}
                onSelect={() => showLesion(context, lesion)}
                onAdd={
                  isOpenForReview(context) && !isFinding(lesion)
                    ? () => {
                        showLesion(context, lesion);
                        void dispatcher.run('finding.accept');
                      }
                    : undefined
                }
              />
            ))}
          </tbody>
          <tfoot className="border-t border-line text-muted">
            <tr>
              <th scope="row" colSpan={2} className="py-1.5 pl-3 text-left font-normal">
                All findings
              </th>
              <td colSpan={3} className="pr-3 pl-1 text-right whitespace-nowrap">
                MTV {millilitres(totals.mtvMl)} ml · TLG {totals.tlgG.toFixed(0)} g
              </td>
            </tr>
          </tfoot>
        </table>
      )}
    </section>
  );
}

function Row({
  lesion,
  isSelected,
  onSelect,
  onAdd,
}: {
  readonly lesion: Lesion;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
  readonly onAdd: (() => void) | undefined;
}) {
  const isOut = lesion.verdict === 'rejected';
  const moveFocus = (event: KeyboardEvent<HTMLButtonElement>) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const rows = [
      ...(event.currentTarget.closest('tbody')?.querySelectorAll<HTMLElement>('[data-select]') ?? []),
    ];
    const next = rows[rows.indexOf(event.currentTarget) + (event.key === 'ArrowDown' ? 1 : -1)];
    event.preventDefault();
    next?.focus();
    next?.click();
  };
  return (
    <tr
      data-lesion={lesion.id}
      data-verdict={lesion.verdict}
      aria-selected={isSelected}
      onClick={onSelect}
      className={classes(
        'cursor-pointer border-t border-line/60 hover:bg-raised',
        isSelected && 'bg-raised inset-shadow-[2px_0_0] inset-shadow-text',
        isOut && 'text-faint line-through',
        !isFinding(lesion) && !isOut && 'text-muted',
      )}
    >
      <td className="py-1.5 pl-3">
        <VerdictMark lesion={lesion} />
      </td>
      <td className="max-w-0 w-full px-1">
        <span className="flex items-center gap-1.5">
          <button
            type="button"
            data-select
            onClick={(event) => {
              event.stopPropagation();
              onSelect();
            }}
            onKeyDown={moveFocus}
            className="min-w-0 truncate rounded-sm text-left"
          >
            <span className="mr-1 text-faint no-underline">{lesion.tag}</span> {lesion.name}
          </button>
          {onAdd !== undefined && (
            <IconButton
              label={`Add ${lesion.name} to the findings`}
              onClick={(event) => {
                event.stopPropagation();
                onAdd();
              }}
              className="ml-auto h-5 min-w-5"
            >
              <Plus size={13} aria-hidden />
            </IconButton>
          )}
        </span>
      </td>
      <td className="min-w-12 px-1 text-right">{uptake(lesion.measured.suvMax)}</td>
      <td className="min-w-12 px-1 text-right">{uptake(lesion.measured.suvMean)}</td>
      <td className="pr-3 pl-1 text-right">{millilitres(lesion.measured.mtvMl)}</td>
    </tr>
  );
}
