import { Activity, type LucideIcon, Route, Send, Users } from 'lucide-react';

interface AdministrationLink {
  readonly to: '/routes' | '/deliveries' | '/patients' | '/system';
  readonly label: string;
  readonly icon: LucideIcon;
}

/** The pages that only an administrator needs. */
export const administration: readonly AdministrationLink[] = [
  { to: '/routes', label: 'Routes', icon: Route },
  { to: '/deliveries', label: 'Deliveries', icon: Send },
  { to: '/patients', label: 'Patients', icon: Users },
  { to: '/system', label: 'System', icon: Activity },
];
