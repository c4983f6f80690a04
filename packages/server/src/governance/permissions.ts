import { AbilityBuilder, createMongoAbility, type MongoAbility } from '@casl/ability';
import type { Role } from '../api/contract.ts';

export type Action = 'read' | 'create' | 'decide' | 'sign' | 'manage';
export type Subject =
  | 'study'
  | 'instance'
  | 'run'
  | 'alignment'
  | 'audit'
  | 'delivery'
  | 'account'
  | 'patient'
  | 'metrics'
  | 'routes'
  | 'quality'
  | 'all';
export type Permissions = MongoAbility<[Action, Subject]>;

/** What each role may do. A person may have several roles; rights add up. */
const rules: Record<Role, (can: (action: Action, subject: Subject) => void) => void> = {
  reader(can) {
    can('read', 'study');
    can('read', 'instance');
    can('read', 'run');
    can('decide', 'run');
    can('sign', 'run');
    can('decide', 'alignment');
  },
  technologist(can) {
    can('read', 'study');
    can('read', 'instance');
    can('create', 'instance');
    can('read', 'run');
    can('decide', 'alignment');
    can('create', 'run');
    can('read', 'delivery');
    can('read', 'quality');
    can('create', 'quality');
  },
  physicist(can) {
    can('read', 'study');
    can('read', 'instance');
    can('read', 'run');
    can('decide', 'alignment');
    can('create', 'run');
    can('read', 'delivery');
    can('read', 'audit');
    can('read', 'metrics');
    can('read', 'routes');
    can('read', 'quality');
    can('create', 'quality');
    can('decide', 'quality');
  },
  // Runs the node; medical decisions stay with readers.
  administrator(can) {
    can('read', 'all');
    can('create', 'instance');
    can('create', 'run');
    can('manage', 'account');
    can('manage', 'delivery');
    can('manage', 'routes');
    can('manage', 'patient');
  },
};

export function permissionsOf(roles: readonly Role[]): Permissions {
  const builder = new AbilityBuilder<Permissions>(createMongoAbility);
  for (const role of roles) rules[role]((action, subject) => builder.can(action, subject));
  return builder.build();
}
