import { Check, Circle, Leaf, Pencil, X } from 'lucide-react';
import { isFinding, type Lesion } from './lesions.ts';

/** The state of a finding as a sign with its word; the colour only repeats it. */
export function VerdictMark({ lesion }: { readonly lesion: Lesion }) {
  if (!isFinding(lesion) && lesion.verdict === 'undecided') {
    return <Sign icon={<Leaf size={13} aria-hidden />} word="Physiological" className="text-muted" />;
  }
  if (lesion.verdict === 'accepted') {
    return <Sign icon={<Check size={14} aria-hidden />} word="Accepted" className="text-good" />;
  }
  if (lesion.verdict === 'modified') {
    return <Sign icon={<Pencil size={12} aria-hidden />} word="Modified" className="text-good" />;
  }
  if (lesion.verdict === 'rejected') {
    return <Sign icon={<X size={14} aria-hidden />} word="Rejected" className="text-muted" />;
  }
  return (
    <Sign icon={<Circle size={9} strokeDasharray="3 2" aria-hidden />} word="AI draft" className="text-ai" />
  );
}

function Sign({ icon, word, className }: { icon: React.ReactNode; word: string; className: string }) {
  return (
    <span title={word} className={`inline-flex w-4 items-center justify-center ${className}`}>
      {icon}
      <span className="sr-only">{word}</span>
    </span>
  );
}
