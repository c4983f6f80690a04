import { Dialog } from '../ui/index.ts';
import type { ReadingModel } from './model.ts';

/** How the SUV came about, line by line, as the node computed it. */
export function SuvDialog({
  model,
  isOpen,
  onClose,
}: {
  readonly model: ReadingModel;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const status = model.pet?.suv;
  return (
    <Dialog
      title="How the SUV was computed"
      isOpen={isOpen}
      onClose={onClose}
      className="w-[min(44rem,92vw)]"
    >
      {status?.status === 'ok' && (
        <div className="space-y-3 text-[13px]">
          <ol className="list-decimal space-y-1 pl-5">
            {status.derivation.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ol>
          {status.warnings.map((warning) => (
            <p key={warning} className="text-check">
              {warning}
            </p>
          ))}
        </div>
      )}
      {status?.status === 'refused' && <p className="text-[13px]">Not computable: {status.reason}</p>}
    </Dialog>
  );
}
