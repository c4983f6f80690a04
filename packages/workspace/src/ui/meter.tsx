/** How far something is, 0–1. */
export function Meter({ label, fraction }: { readonly label: string; readonly fraction: number }) {
  const percent = Math.round(Math.min(Math.max(fraction, 0), 1) * 100);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
      className="h-1 w-full overflow-hidden rounded-full bg-line"
    >
      <div
        className="h-full rounded-full bg-ai transition-[width] duration-300"
        style={{ width: `${percent}%` }}
      />
    </div>
  );
}
