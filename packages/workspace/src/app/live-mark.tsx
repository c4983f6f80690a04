import { Radio, WifiOff } from 'lucide-react';
import { useLiveness } from '../api/index.ts';
import { Badge } from '../ui/index.ts';

/** Whether what the page shows is of now. */
export function LiveMark() {
  const { liveness } = useLiveness();
  return (
    <div role="status">
      {liveness === 'lost' ? (
        <Badge tone="check" title="The page tries again by itself">
          <WifiOff size={12} aria-hidden /> No connection to the node
        </Badge>
      ) : (
        <Badge>
          <Radio size={12} aria-hidden /> {liveness === 'live' ? 'Live' : 'Connecting'}
        </Badge>
      )}
    </div>
  );
}
