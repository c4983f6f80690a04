import {
  BadgeCheck,
  CircleAlert,
  CircleDashed,
  Download,
  Hourglass,
  type LucideIcon,
  PenLine,
  TriangleAlert,
} from 'lucide-react';
import type { StudyState } from '../api/index.ts';
import { Badge } from '../ui/index.ts';

type Tone = 'neutral' | 'ai' | 'good' | 'check' | 'bad';

const faces: Readonly<Record<StudyState, readonly [string, Tone, LucideIcon]>> = {
  receiving: ['Receiving', 'neutral', Download],
  complete: ['Complete', 'neutral', CircleDashed],
  'awaiting-input': ['Awaiting input', 'check', TriangleAlert],
  processing: ['Processing', 'neutral', Hourglass],
  draft: ['AI draft', 'ai', PenLine],
  signed: ['Signed', 'good', BadgeCheck],
  failed: ['Failed', 'bad', CircleAlert],
};

export function StateBadge({ state }: { readonly state: StudyState }) {
  const [label, tone, Icon] = faces[state];
  return (
    <Badge tone={tone}>
      <Icon size={12} aria-hidden /> {label}
    </Badge>
  );
}
