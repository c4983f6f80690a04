export { type Connection, connect, type Database, heardPool } from './connect.ts';
export { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded.ts';
export { keepEmbeddedPostgres } from './keep-embedded.ts';
export { migrate, migrationNames } from './migrate.ts';
export { announce, type EventListener, listen } from './notify.ts';
export type * from './order-tables.ts';
export { prepared } from './prepared.ts';
export type * from './route-tables.ts';
export type * from './schema.ts';
